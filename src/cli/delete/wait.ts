// Waiting until a deleted object is really gone (W11.10): it may have finalizers, or a grace period.
import type { Resource } from '../../api/resources.ts'
import type { At, Client } from '../../client/client.ts'
import { CommandError } from '../command-error.ts'
import { followObject } from '../follow-object.ts'
import { objectName } from '../resource-names.ts'

/** Resolves when the object is gone, or another one has its name. */
export async function waitUntilGone(
  client: Client,
  { resource, at }: { readonly resource: Resource; readonly at: At },
  uid: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  for await (const seen of followObject(client, resource, at, signal)) {
    if (seen === 'gone' || (uid !== undefined && seen.object.metadata.uid !== uid)) return
  }
  throw new CommandError(`timed out waiting for the condition on ${objectName(resource, at.name)}`)
}
