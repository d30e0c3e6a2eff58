// Printing a container's log, whole or as it grows. Upstream: kubectl/pkg/cmd/logs/logs.go.
import { once } from 'node:events'
import { printSelector } from '../../api/labels.ts'
import { pods, type Resource } from '../../api/resources.ts'
import { reasonOf } from '../../api/status.ts'
import type { ApiObject, DaemonSet, Pod } from '../../api/types.ts'
import type { Client } from '../../client/client.ts'
import { pathOf } from '../../client/request.ts'
import { CommandError } from '../command-error.ts'
import { type ConnectFlags, withClient } from '../connect.ts'
import { interruption } from '../durations.ts'
import { targetsOf } from '../resource-names.ts'

export interface LogsFlags extends ConnectFlags {
  readonly container?: string
  readonly follow?: boolean
  readonly previous?: boolean
  readonly tail?: number
  readonly since?: number
  readonly timestamps?: boolean
  readonly limitBytes?: number
}

export async function logs(target: string, flags: LogsFlags): Promise<void> {
  await withClient(flags, async ({ client, namespace }) => {
    const pod = await podOf(client, target, namespace)
    const request = {
      method: 'GET',
      path: pathOf(pods, { namespace, name: pod.metadata.name ?? '', subresource: 'log' }),
      query: {
        container: containerOf(pod, flags.container),
        follow: flags.follow,
        previous: flags.previous,
        tailLines: flags.tail,
        sinceSeconds: flags.since === undefined ? undefined : Math.max(1, Math.ceil(flags.since / 1000)),
        timestamps: flags.timestamps,
        limitBytes: flags.limitBytes,
      },
    }
    for await (const chunk of client.stream(request, interruption())) {
      if (!process.stdout.write(chunk)) await once(process.stdout, 'drain')
    }
  })
}

async function podOf(client: Client, target: string, namespace: string): Promise<Pod> {
  const [found] = targetsOf([target.includes('/') ? target : `pods/${target}`]).targets
  const { resource, name } = found!
  if (resource === pods) return named<Pod>(client, pods, namespace, name)
  if (resource.kind !== 'DaemonSet') {
    throw new CommandError(`cannot get the logs from ${resource.kind}: give a pod, or ds/NAME`)
  }
  const { spec } = await named<DaemonSet>(client, resource, namespace, name)
  const { items } = await client.list<Pod>(pods, { namespace, labelSelector: printSelector(spec.selector) })
  // One that runs says more than one that waits.
  const pod = items.find(({ status }) => status?.phase === 'Running') ?? items[0]
  if (pod === undefined) throw new CommandError(`daemonset "${name}" has no pods yet`)
  if (items.length > 1) process.stderr.write(`Found ${items.length} pods, using pod/${pod.metadata.name}\n`)
  return pod
}

/** kubectl's words for it are of their own kind here. */
async function named<T extends ApiObject>(client: Client, resource: Resource, namespace: string, name: string) {
  try {
    return await client.get<T>(resource, { namespace, name })
  } catch (error) {
    if (reasonOf(error) !== 'NotFound') throw error
    const text = `error from server (NotFound): ${(error as Error).message} in namespace "${namespace}"`
    throw new CommandError(`error: ${text}`, { cause: error })
  }
}

function containerOf({ metadata, spec }: Pod, wanted: string | undefined): string {
  const names = [...spec.containers, ...(spec.initContainers ?? [])].map(({ name }) => name)
  if (wanted !== undefined) {
    if (names.includes(wanted)) return wanted
    throw new CommandError(`container ${wanted} is not valid for pod ${metadata.name}`)
  }
  const marked = metadata.annotations?.['kubectl.kubernetes.io/default-container'] ?? ''
  const name = names.includes(marked) ? marked : (names[0] ?? '')
  if (names.length > 1) process.stderr.write(`Defaulted container "${name}" out of: ${names.join(', ')}\n`)
  return name
}
