// Making the cluster have what a manifest says: created where it is not there, patched where it differs. The manifest is
// remembered on the object as `kubectl apply` does it, so that either may go on where the other was.
// Upstream: kubectl/pkg/cmd/apply.

import type { Resource } from '../../api/resources.ts'
import { type ApiError, reasonOf } from '../../api/status.ts'
import type { ApiObject } from '../../api/types.ts'
import { isObject, type JsonObject, jsonEqual } from '../../base/json.ts'
import type { Client, WriteOptions } from '../../client/client.ts'
import { CommandError } from '../command-error.ts'
import { sortedKeys } from '../print/json-text.ts'
import type { Manifest } from './parse.ts'
import { lastAppliedAnnotation, threeWayPatch } from './three-way.ts'

export type Outcome = 'created' | 'configured' | 'unchanged'

export interface Applied {
  readonly resource: Resource
  readonly object: ApiObject
  readonly outcome: Outcome
  /** Things to tell the user that are no failure. */
  readonly warnings: readonly string[]
}

export interface ApplyOptions {
  /** Where objects go that do not say it themselves. */
  readonly namespace: string
  /** True where the user named the namespace: a manifest that says another one is refused. */
  readonly namespaceIsDemanded?: boolean
  readonly dryRun?: boolean
}

/** Rejects with the server's ApiError; `whereItWent` tells what was tried. */
export async function applyManifest(client: Client, manifest: Manifest, options: ApplyOptions): Promise<Applied> {
  const { resource } = manifest
  const namespace = namespaceFor(manifest, options)
  const modified = withNamespace(manifest, namespace)
  const annotated = withAnnotation(modified)
  const write: WriteOptions = { fieldValidation: 'Strict', dryRun: options.dryRun === true }
  const { name } = manifest.object.metadata
  if (name === undefined) throw new CommandError(`${manifest.positionOf('metadata')}: cannot apply with generate name`)
  const at = { name, ...(namespace === undefined ? {} : { namespace }) }

  const live = await client.get<ApiObject & JsonObject>(resource, at).catch((error) => {
    if (reasonOf(error) === 'NotFound') return undefined
    throw error
  })
  if (live === undefined) {
    const object = await doing('creating', manifest, () => client.create(resource, annotated, { ...write, namespace }))
    return { resource, object, outcome: 'created', warnings: [] }
  }
  const remembered = live.metadata.annotations?.[lastAppliedAnnotation]
  const patch = threeWayPatch(parsed(remembered), annotated, live)
  const warnings = remembered === undefined ? [missingAnnotation(manifest)] : []
  if (Object.keys(patch).length === 0) return { resource, object: live, outcome: 'unchanged', warnings }
  const object = await doing('applying patch', manifest, () =>
    client.patch<ApiObject>(resource, at, { type: 'merge', body: patch }, write),
  )
  // A patch that says in other words what is there already (`0.1` and `100m`) changes nothing (W9.6).
  const changed = !jsonEqual(withoutManagers(object), withoutManagers(live))
  return { resource, object, outcome: changed ? 'configured' : 'unchanged', warnings }
}

/** A refusal, with what was tried and where the manifest is. */
export class ManifestRefused extends Error {
  override name = 'ManifestRefused'
  readonly refusal: ApiError
  /** `error when creating "x.yaml"`. */
  readonly attempt: string
  readonly manifest: Manifest

  constructor(refusal: ApiError, attempt: string, manifest: Manifest) {
    super(`${attempt}: ${refusal.message}`, { cause: refusal })
    this.refusal = refusal
    this.attempt = attempt
    this.manifest = manifest
  }
}

export async function doing<T>(verb: string, manifest: Manifest, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (reasonOf(error) === undefined) throw error
    throw new ManifestRefused(error as ApiError, `error when ${verb} "${manifest.file}"`, manifest)
  }
}

/** Undefined for what lives in no namespace. */
export function namespaceFor(manifest: Manifest, options: ApplyOptions): string | undefined {
  if (!manifest.resource.namespaced) return undefined
  const own = manifest.object.metadata.namespace
  if (own === undefined || own === '') return options.namespace
  if (options.namespaceIsDemanded === true && own !== options.namespace) {
    throw new CommandError(
      `${manifest.positionOf('metadata.namespace')}: the namespace from the provided object "${own}" does not match ` +
        `the namespace "${options.namespace}". You must pass '--namespace=${own}' to perform this operation.`,
    )
  }
  return own
}

function withNamespace({ object }: Manifest, namespace: string | undefined): ApiObject & JsonObject {
  const metadata = { ...object.metadata, ...(namespace === undefined ? {} : { namespace }) }
  return { ...object, metadata }
}

/** The object with itself remembered in it. The text is kubectl's own, byte for byte, or each would undo the other. */
function withAnnotation(object: ApiObject & JsonObject): ApiObject & JsonObject {
  const { [lastAppliedAnnotation]: _, ...annotations } = object.metadata.annotations ?? {}
  const plain = { ...object, metadata: { ...object.metadata, annotations } }
  const text = goJson(plain)
  return { ...plain, metadata: { ...plain.metadata, annotations: { ...annotations, [lastAppliedAnnotation]: text } } }
}

/** As Go's encoder writes it: keys in order, HTML's special characters escaped, a newline at the end. */
export function goJson(value: unknown): string {
  const escaped = JSON.stringify(sortedKeys(value)).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `${escaped}\n`
}

function parsed(text: string | undefined): unknown {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

/** Who wrote a field last may be noted anew although nothing else changed. */
function withoutManagers({ metadata, ...rest }: ApiObject): JsonObject {
  const { managedFields: _, ...told } = metadata
  return { ...rest, metadata: told }
}

function missingAnnotation({ resource, object }: Manifest): string {
  return (
    `Warning: resource ${resource.plural}/${object.metadata.name} is missing the ${lastAppliedAnnotation} annotation ` +
    'which is required by apply. It will be patched automatically.'
  )
}
