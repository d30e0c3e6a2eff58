// One object, and what becomes of it: as it is now, after each change, and whether it is gone (W7.10). Watches that end
// are begun again; the reader says when it has seen enough.

import type { Resource } from '../api/resources.ts'
import { reasonOf } from '../api/status.ts'
import type { ApiObject } from '../api/types.ts'
import type { At, Client } from '../client/client.ts'

export type Seen<T extends ApiObject> = { readonly object: T } | 'gone'

export async function* followObject<T extends ApiObject>(
  client: Client,
  resource: Resource,
  at: At,
  signal: AbortSignal,
): AsyncGenerator<Seen<T>, void, void> {
  while (!signal.aborted) {
    const object = await client.get<T>(resource, at).catch((error) => {
      if (reasonOf(error) === 'NotFound') return undefined
      throw error
    })
    yield object === undefined ? 'gone' : { object }
    if (object === undefined) return
    const watch = {
      namespace: at.namespace,
      fieldSelector: `metadata.name=${at.name}`,
      resourceVersion: object.metadata.resourceVersion ?? '0',
      timeoutSeconds: 300,
    }
    try {
      for await (const event of client.watch<T>(resource, watch, signal)) {
        if (event.type === 'DELETED') yield 'gone'
        else if (event.type !== 'BOOKMARK') yield { object: event.object }
      }
    } catch (error) {
      if (reasonOf(error) !== 'Expired' && reasonOf(error) !== 'Gone') throw error
    }
  }
}
