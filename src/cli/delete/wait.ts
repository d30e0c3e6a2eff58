// Waiting until a deleted object is really gone (W11.10): it may have finalizers, or a grace period.
import type { Resource } from '../../api/resources.ts'
import { reasonOf } from '../../api/status.ts'
import type { ApiObject } from '../../api/types.ts'
import type { At, Client } from '../../client/client.ts'
import { CommandError } from '../command-error.ts'
import { objectName } from '../resource-names.ts'

/** Resolves when the object is gone, or another one has its name. */
export async function waitUntilGone(
  client: Client,
  { resource, at }: { readonly resource: Resource; readonly at: At },
  uid: string | undefined,
  timeoutMs?: number,
): Promise<void> {
  const signal =
    timeoutMs === undefined || timeoutMs === 0 ? new AbortController().signal : AbortSignal.timeout(timeoutMs)
  while (!signal.aborted) {
    const found = await client.get<ApiObject>(resource, at).catch((error) => {
      if (reasonOf(error) === 'NotFound') return undefined
      throw error
    })
    if (found === undefined || (uid !== undefined && found.metadata.uid !== uid)) return
    await untilDeleted(client, resource, at, found, signal)
  }
  throw new CommandError(`timed out waiting for the condition on ${objectName(resource, at.name)}`)
}

/** Returns on the deletion, or when the watch ends: then one looks again. */
async function untilDeleted(client: Client, resource: Resource, at: At, found: ApiObject, signal: AbortSignal) {
  const watch = {
    namespace: at.namespace,
    fieldSelector: `metadata.name=${at.name}`,
    resourceVersion: found.metadata.resourceVersion ?? '0',
    timeoutSeconds: 300,
  }
  try {
    for await (const { type } of client.watch(resource, watch, signal)) if (type === 'DELETED') return
  } catch (error) {
    if (reasonOf(error) !== 'Expired' && reasonOf(error) !== 'Gone') throw error
  }
}
