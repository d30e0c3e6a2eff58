// What the server writes by itself: through the same rules as everybody's writes, in its own name.

import type { Resource } from '../api/resources.ts'
import { reasonOf } from '../api/status.ts'
import type { ApiObject } from '../api/types.ts'
import type { User } from '../api/wire.ts'
import { groups } from './identity/groups.ts'
import type { Call, Parts } from './parts.ts'
import { parseStored, storeKey } from './stored.ts'
import { changeObject } from './verbs/change.ts'
import { createObject } from './verbs/create.ts'

/** As it will be stored, flushed or not. */
export function storedAs<T extends ApiObject>(
  { store }: Parts,
  resource: Resource,
  name: string,
  namespace?: string,
): T | undefined {
  const record = store.head(resource.collection, storeKey(namespace, name))
  return record === undefined ? undefined : parseStored<T>(record.bytes)
}

/** What is there already stays as it is. The object is copied: the tables of defaults are shared. */
export async function make(parts: Parts, resource: Resource, object: ApiObject): Promise<void> {
  try {
    await createObject(parts, ownCall(resource, object, 'POST'), structuredClone(object), { dryRun: false })
  } catch (error) {
    if (reasonOf(error) !== 'AlreadyExists') throw error
  }
}

export async function change(parts: Parts, resource: Resource, object: ApiObject): Promise<void> {
  const made = structuredClone(object)
  await changeObject(parts, ownCall(resource, object, 'PUT'), { by: 'put', dryRun: false, make: () => made })
}

export function nameOf({ metadata }: ApiObject): string {
  return metadata.name ?? ''
}

/** One of the controllers, too, as far as it is about who keeps which fields: what it makes needs no record of that. */
const self: User = { name: 'system:apiserver', groups: [groups.masters, groups.controllers] }

function ownCall(resource: Resource, object: ApiObject, method: 'POST' | 'PUT'): Call {
  const { namespace } = object.metadata
  return {
    request: { method, path: '', query: new URLSearchParams(), headers: {}, body: new Uint8Array(), user: self },
    user: self,
    target: { resource, namespace, name: method === 'POST' ? undefined : nameOf(object), subresource: undefined },
    presentation: { as: 'object', format: 'json', pretty: false },
  }
}
