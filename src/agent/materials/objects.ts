// The config maps and secrets that pods of this node refer to, as they are now.

import { configMaps, secrets } from '../../api/resources.ts'
import { ApiError } from '../../api/status.ts'
import type { ApiObject, ConfigMap } from '../../api/types.ts'
import { sortedBy } from '../../base/sorted.ts'
import type { Client } from '../../client/client.ts'

export interface Secret extends ApiObject {
  /** Base64. */
  readonly data?: Record<string, string>
  readonly immutable?: boolean
}

/** What a pod refers to; reads reject with ApiError, or Unreachable where the server does not answer. */
export interface Objects {
  configMap(namespace: string, name: string): Promise<ConfigMap>
  secret(namespace: string, name: string): Promise<Secret>
}

export function objectsFrom(client: Client): Objects {
  return {
    configMap: (namespace, name) => client.get<ConfigMap>(configMaps, { namespace, name }),
    secret: (namespace, name) => client.get<Secret>(secrets, { namespace, name }),
  }
}

/** The entries of a config map as bytes, of a secret as they were before base64, in the order of their keys. */
export function entriesOf(object: ConfigMap | Secret, kind: 'ConfigMap' | 'Secret'): ReadonlyMap<string, Buffer> {
  const entries = new Map<string, Buffer>()
  for (const [key, value] of Object.entries(object.data ?? {})) {
    entries.set(key, kind === 'Secret' ? Buffer.from(value, 'base64') : Buffer.from(value))
  }
  const { binaryData = {} } = object as ConfigMap
  for (const [key, value] of Object.entries(binaryData)) entries.set(key, Buffer.from(value, 'base64'))
  return new Map(sortedBy([...entries], ([key]) => key))
}

/** Undefined where an optional object is not there. */
export async function ifThere<T>(optional: boolean | undefined, read: Promise<T>): Promise<T | undefined> {
  try {
    return await read
  } catch (error) {
    if (optional === true && error instanceof ApiError && error.reason === 'NotFound') return undefined
    throw error
  }
}

/** What the server said, without the words that our error classes put before it. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
