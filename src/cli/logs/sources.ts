// Whose log is printed: one container of one pod, or several of several. Upstream: kubectl/pkg/polymorphichelpers,
// logsForObject.
import { printSelector } from '../../api/labels.ts'
import { pods, type Resource } from '../../api/resources.ts'
import { reasonOf } from '../../api/status.ts'
import type { ApiObject, Container, DaemonSet, Pod } from '../../api/types.ts'
import type { Client } from '../../client/client.ts'
import { CommandError } from '../command-error.ts'
import { targetsOf } from '../resource-names.ts'

export interface Source {
  readonly pod: string
  readonly container: string
}

export interface Choice {
  readonly selector?: string
  readonly container?: string
  readonly allContainers?: boolean
}

export async function sourcesOf(
  client: Client,
  target: string | undefined,
  namespace: string,
  choice: Choice,
): Promise<Source[]> {
  const found =
    choice.selector === undefined
      ? [await podOf(client, target ?? '', namespace)]
      : (await client.list<Pod>(pods, { namespace, labelSelector: choice.selector })).items
  return found.flatMap((pod) => containersOf(pod, choice).map((container) => ({ pod: nameOf(pod), container })))
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

function containersOf(pod: Pod, { container: wanted, allContainers }: Choice): string[] {
  const { metadata, spec } = pod
  if (allContainers === true) return namesOf(spec.initContainers, spec.containers)
  const names = namesOf(spec.containers, spec.initContainers)
  if (wanted !== undefined) {
    if (names.includes(wanted)) return [wanted]
    throw new CommandError(`container ${wanted} is not valid for pod ${metadata.name}`)
  }
  const marked = metadata.annotations?.['kubectl.kubernetes.io/default-container'] ?? ''
  const name = names.includes(marked) ? marked : (names[0] ?? '')
  if (names.length > 1) process.stderr.write(`Defaulted container "${name}" out of: ${names.join(', ')}\n`)
  return [name]
}

function namesOf(...lists: readonly (readonly Container[] | undefined)[]): string[] {
  return lists.flatMap((list) => (list ?? []).map(({ name }) => name))
}

function nameOf({ metadata }: Pod): string {
  return metadata.name ?? ''
}
