// The config maps and secrets that pods of this node refer to, as they are now. Those that a volume shows are followed,
// so that its files change soon after them. Upstream: pkg/kubelet/util/manager/watch_based_manager.go.

import { configMaps, type Resource, secrets } from '../../api/resources.ts'
import { ApiError } from '../../api/status.ts'
import type { ApiObject, ConfigMap } from '../../api/types.ts'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import { sortedBy } from '../../base/sorted.ts'
import type { Client } from '../../client/client.ts'
import { createInformer, type Informer } from '../../client/informer.ts'

export interface Secret extends ApiObject {
  /** Base64. */
  readonly data?: Record<string, string>
  readonly immutable?: boolean
}

export type ObjectKind = 'ConfigMap' | 'Secret'

/** Reads reject with ObjectMissing, ApiError, or Unreachable where the server does not answer. */
export interface Objects {
  entries(kind: ObjectKind, namespace: string, name: string): Promise<ReadonlyMap<string, Buffer>>
}

export class ObjectMissing extends Error {
  override name = 'ObjectMissing'
}

export interface ObjectsOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

const resources: Readonly<Record<ObjectKind, Resource>> = { ConfigMap: configMaps, Secret: secrets }

interface Followed {
  readonly informer: Informer<ConfigMap | Secret>
  readonly stop: () => void
  readonly listeners: Set<() => void>
}

export class FollowedObjects implements Objects {
  readonly #options: ObjectsOptions
  /** By `kind/namespace/name`. As many as the volumes of the node's pods name. */
  readonly #followed = new Map<string, Followed>()
  /** What a reader has seen last: hearing of it again is no news. */
  readonly #seen = new Map<string, string | undefined>()

  constructor(options: ObjectsOptions) {
    this.#options = options
  }

  async entries(kind: ObjectKind, namespace: string, name: string): Promise<ReadonlyMap<string, Buffer>> {
    const object =
      this.#followed.get(idOf(kind, namespace, name))?.informer.get(`${namespace}/${name}`) ??
      (await this.#get(kind, namespace, name))
    const id = idOf(kind, namespace, name)
    if (this.#followed.has(id)) this.#seen.set(id, object.metadata.resourceVersion)
    return entriesOf(object, kind)
  }

  /** Calls `changed` whenever the object is another than the one that was read last; returns the way to stop. */
  follow(kind: ObjectKind, namespace: string, name: string, changed: () => void): () => void {
    const id = idOf(kind, namespace, name)
    const followed = this.#followed.get(id) ?? this.#begin(id, kind, namespace, name)
    followed.listeners.add(changed)
    return () => {
      followed.listeners.delete(changed)
      if (followed.listeners.size > 0 || this.#followed.get(id) !== followed) return
      followed.stop()
      this.#followed.delete(id)
      this.#seen.delete(id)
    }
  }

  close(): void {
    for (const { stop } of this.#followed.values()) stop()
    this.#followed.clear()
  }

  #begin(id: string, kind: ObjectKind, namespace: string, name: string): Followed {
    const informer = createInformer<ConfigMap | Secret>({
      ...this.#options,
      resource: resources[kind],
      namespace,
      fieldSelector: `metadata.name=${name}`,
      trim: withoutManagers,
    })
    const listeners = new Set<() => void>()
    informer.onChange(({ type, object }) => {
      // Files of what is deleted stay as they are: the pod that shows them still needs them.
      if (type === 'deleted' || this.#seen.get(id) === object.metadata.resourceVersion) return
      for (const changed of listeners) changed()
    })
    const followed = { informer, stop: informer.start(), listeners }
    this.#followed.set(id, followed)
    return followed
  }

  async #get(kind: ObjectKind, namespace: string, name: string): Promise<ConfigMap | Secret> {
    try {
      return await this.#options.client.get<ConfigMap | Secret>(resources[kind], { namespace, name })
    } catch (error) {
      if (!(error instanceof ApiError) || error.reason !== 'NotFound') throw error
      throw new ObjectMissing(`${kind.toLowerCase()} "${name}" not found`)
    }
  }
}

function idOf(kind: ObjectKind, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`
}

/** The entries of a config map as bytes, of a secret as they were before base64, in the order of their keys. */
function entriesOf(object: ConfigMap | Secret, kind: ObjectKind): ReadonlyMap<string, Buffer> {
  const entries = new Map<string, Buffer>()
  for (const [key, value] of Object.entries(object.data ?? {})) {
    entries.set(key, kind === 'Secret' ? Buffer.from(value, 'base64') : Buffer.from(value))
  }
  const { binaryData = {} } = object as ConfigMap
  for (const [key, value] of Object.entries(binaryData)) entries.set(key, Buffer.from(value, 'base64'))
  return new Map(sortedBy([...entries], ([key]) => key))
}

function withoutManagers<T extends ApiObject>(object: T): T {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

/** Undefined where an optional object is not there. */
export async function ifThere<T>(optional: boolean | undefined, read: Promise<T>): Promise<T | undefined> {
  try {
    return await read
  } catch (error) {
    if (optional === true && error instanceof ObjectMissing) return undefined
    throw error
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
