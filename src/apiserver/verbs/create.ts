// POST of a collection: a new object (W9.4).

import { toStored } from '../../api/conversion.ts'
import { applyDefaults } from '../../api/defaults/defaults.ts'
import { required } from '../../api/field-error.ts'
import { apiVersionOf } from '../../api/resources.ts'
import { ApiError, badRequestError, invalidError, reasonOf } from '../../api/status.ts'
import type { ApiObject } from '../../api/types.ts'
import { validateCreate } from '../../api/validation/validation.ts'
import type { ApiResponse } from '../../api/wire.ts'
import { admitCreate, admitWrite } from '../admission/admission.ts'
import { warningHeader } from '../answer.ts'
import { readObject } from '../body.ts'
import { newMeta } from '../object-meta.ts'
import { type WriteOptions, writeOptionsOf } from '../options.ts'
import type { Call, Parts } from '../parts.ts'
import { presentObject } from '../present.ts'
import { createStored } from '../registry.ts'
import { storageOf } from '../stored.ts'
import { hasStatus, strategyOf } from '../strategies/strategy.ts'
import { trackedNew } from './field-manager.ts'

/** How often a generated name is drawn again. Upstream: registry.Store, maxNameGenerationCreateAttempts. */
const nameTries = 8

export async function create(parts: Parts, call: Call): Promise<ApiResponse> {
  const options = writeOptionsOf('CreateOptions', call.request.query)
  const { object, warnings } = readObject(call.request, call.target.resource, options.fieldValidation)
  const made = await createObject(parts, call, object, options)
  return presentObject(parts, call, 201, made.bytes, warningHeader([...warnings, ...made.warnings]))
}

export interface Created {
  readonly bytes: Uint8Array
  /** What is doubtful in the object. */
  readonly warnings: readonly string[]
}

/** `object` as it was decoded, in the form of the call's resource; it is ours to change. */
export async function createObject(
  parts: Parts,
  call: Call,
  object: ApiObject,
  { dryRun, isApplied = false }: Pick<WriteOptions, 'dryRun'> & { readonly isApplied?: boolean },
): Promise<Created> {
  const { resource, namespace } = call.target
  checkNewObject(call, object)
  applyDefaults(resource, object)
  // Who applies owns what is applied, and nothing of the defaults; whoever creates otherwise owns all there is.
  const owned = isApplied ? object : trackedNew(parts, call, object)
  const stored = toStored(resource, owned)
  const isNamed = (stored.metadata.name ?? '') !== ''
  for (let attempt = 1; ; attempt++) {
    const complete = completed(parts, call, stored)
    try {
      const place = { resource, namespace, name: complete.metadata.name ?? '' }
      const bytes = await createStored(parts, place, complete, dryRun)
      return { bytes, warnings: strategyOf(resource).warnings?.(complete, undefined) ?? [] }
    } catch (error) {
      if (isNamed || reasonOf(error) !== 'AlreadyExists' || attempt === nameTries) throw error
    }
  }
}

/** Everything the server adds, and the last look at the result. */
function completed(parts: Parts, call: Call, decoded: ApiObject): ApiObject {
  const { resource } = call.target
  const storage = storageOf(resource)
  const strategy = strategyOf(resource)
  const metadata = newMeta(decoded, call.target, parts)
  const object = { ...decoded, kind: storage.kind, apiVersion: apiVersionOf(storage), metadata }
  if (metadata.name === undefined) {
    const error = required('metadata.name', 'name or generateName is required')
    throw invalidError(resource.group, resource.kind, '', [error])
  }
  admitCreate(parts, call, object)
  if (hasStatus(resource) && strategy.keepsStatus !== true) delete (object as { status?: unknown }).status
  strategy.prepareCreate?.(object, parts)
  const errors = validateCreate(resource, object)
  if (errors.length > 0) throw invalidError(resource.group, resource.kind, metadata.name, errors)
  admitWrite(call, object, undefined)
  return object
}

function checkNewObject({ target }: Call, { metadata }: ApiObject): void {
  checkNamespace(target.namespace, metadata.namespace)
  if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== '') {
    throw new ApiError('InternalError', 'resourceVersion should not be set on objects to be created', undefined, {
      plain: true,
    })
  }
}

/** The namespace in the body, where there is one, is the one in the URL (W6.3). */
export function checkNamespace(inUrl: string | undefined, inBody: string | undefined): void {
  if (inBody === undefined || inBody === '' || inBody === inUrl) return
  throw badRequestError('the namespace of the provided object does not match the namespace sent on the request')
}
