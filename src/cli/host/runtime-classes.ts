// The ways in which a pod can ask to be run, as every cluster of ours has them: `runtimeClassName: process`.

import { runtimeNames } from '../../agent/runtimes.ts'
import { runtimeClasses } from '../../api/resources.ts'
import type { RuntimeClass } from '../../api/runtime-class.ts'
import { reasonOf } from '../../api/status.ts'
import type { Client } from '../../client/client.ts'

/** Those that are there already stay as they are. */
export async function ensureRuntimeClasses(client: Client): Promise<void> {
  const { items } = await client.list<RuntimeClass>(runtimeClasses)
  const known = new Set(items.map(({ metadata }) => metadata.name))
  for (const name of runtimeNames.filter((one) => !known.has(one))) {
    const made: RuntimeClass = {
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      metadata: { name },
      handler: name,
    }
    await client.create(runtimeClasses, made).catch((error: unknown) => {
      if (reasonOf(error) !== 'AlreadyExists') throw error
    })
  }
}
