// PATCH with an applied configuration: makes the object where there is none, and otherwise merges the configuration
// into it (part 13). What applying means is in apply/. Upstream: apiserver/pkg/endpoints/handlers/patch.go, applyPatcher.

import { applyDefaults } from '../../api/defaults/defaults.ts'
import { required } from '../../api/field-error.ts'
import { decodeValue } from '../../api/schema/decode.ts'
import { badRequestError, reasonOf } from '../../api/status.ts'
import type { ApiObject } from '../../api/types.ts'
import type { ApiResponse } from '../../api/wire.ts'
import { isObject, type JsonObject } from '../../base/json.ts'
import { warningHeader } from '../answer.ts'
import { applyConfiguration } from '../apply/apply-configuration.ts'
import { authorizeCreate } from '../authorization.ts'
import { bodyText } from '../body.ts'
import { optionsError, type WriteOptions, writeOptionsOf } from '../options.ts'
import type { Call, Parts } from '../parts.ts'
import { presentObject } from '../present.ts'
import { isTrue } from '../request.ts'
import { parseYaml } from '../yaml.ts'
import { changeObject } from './change.ts'
import { type Created, checkNamespace, createObject } from './create.ts'

export const applyMediaType = 'application/apply-patch+yaml'

export async function apply(parts: Parts, call: Call): Promise<ApiResponse> {
  const options = writeOptionsOf('PatchOptions', call.request.query)
  if ((call.request.query.get('fieldManager') ?? '') === '') {
    throw optionsError('PatchOptions', [required('fieldManager', 'is required for apply patch')])
  }
  const { applied, warnings } = readConfiguration(call, options)
  const answer = (status: number, written: Created) =>
    presentObject(parts, call, status, written.bytes, warningHeader([...warnings, ...written.warnings]))
  const make = (current: ApiObject) => merged(parts, call, current, applied)
  const change = async () => answer(200, await changeObject(parts, call, { by: 'patch', dryRun: options.dryRun, make }))
  try {
    return await change()
  } catch (error) {
    if (reasonOf(error) !== 'NotFound' || call.target.subresource !== undefined) throw error
  }
  authorizeCreate(parts, call)
  const object = merged(parts, call, undefined, applied)
  try {
    return answer(201, await createObject(parts, call, object, { dryRun: options.dryRun, isApplied: true }))
  } catch (error) {
    // Somebody else made it meanwhile: then it is there to be changed.
    if (reasonOf(error) !== 'AlreadyExists') throw error
  }
  return change()
}

/** The live object itself where the configuration changes nothing. */
function merged({ clock }: Parts, call: Call, live: ApiObject | undefined, applied: JsonObject): ApiObject {
  const { resource, subresource } = call.target
  const result = applyConfiguration({
    resource,
    live,
    applied,
    manager: call.request.query.get('fieldManager') ?? '',
    force: isTrue(call.request.query.get('force')),
    nowMs: clock.now(),
    subresource: subresource?.name,
  })
  if (result === live) return live
  const { object } = decodeValue(resource, result)
  applyDefaults(resource, object)
  return object
}

/** Unknown fields are refused by the merge itself, whatever the validation asked for; here only doubled keys are told. */
function readConfiguration(
  call: Call,
  { fieldValidation }: WriteOptions,
): { readonly applied: JsonObject; readonly warnings: readonly string[] } {
  const { name = '', namespace, resource } = call.target
  const { value, problems } = parseYaml(bodyText(call.request), resource.kind)
  if (problems.length > 0 && fieldValidation === 'Strict') {
    throw badRequestError(`error strict decoding YAML: ${problems.join(', ')}`)
  }
  const applied = isObject(value) ? value : {}
  const metadata = isObject(applied.metadata) ? applied.metadata : {}
  const said = metadata.name ?? name
  if (said !== name) {
    throw badRequestError(`the name of the object (${said}) does not match the name on the URL (${name})`)
  }
  if (resource.namespaced) checkNamespace(namespace, metadata.namespace as string | undefined)
  return {
    applied: { ...applied, metadata: { ...metadata, name, ...(namespace === undefined ? {} : { namespace }) } },
    warnings: fieldValidation === 'Ignore' ? [] : problems,
  }
}
