// What can be seen of a stage's DaemonSets and their pods, without what is made by chance.
import { daemonSets, events } from '../../src/api/resources.ts'
import type { ApiObject, DaemonSet, Event, Pod } from '../../src/api/types.ts'
import type { Stage } from './stage.ts'

export interface Picture {
  readonly pods: readonly PodFacts[]
  readonly revisions: readonly unknown[]
  readonly status: unknown
  readonly events: readonly string[]
}

export async function pictureOf(stage: Stage): Promise<Picture> {
  const { items } = await stage.client.list<DaemonSet>(daemonSets, { namespace: stage.namespace })
  return {
    pods: (await stage.pods()).map(podFacts),
    revisions: (await stage.revisions()).map(({ metadata, revision, data }) => ({
      name: metadata.name,
      labels: metadata.labels,
      annotations: metadata.annotations,
      owners: ownersOf(metadata),
      revision,
      data,
    })),
    status: items.map(({ metadata, status }) => ({
      name: metadata.name,
      generation: metadata.generation,
      annotations: metadata.annotations,
      status,
    })),
    events: await eventsOf(stage),
  }
}

async function eventsOf(stage: Stage): Promise<string[]> {
  return (await eventsOfDaemonSets(stage))
    .flatMap(({ type, reason, message, count = 1, source }) => {
      const text = `${source?.component} ${type} ${reason} ${(message ?? '').replace(/(pod:? )\S+/g, '$1POD')}`
      // Under load the original deletes a pod again that is going already: its deletion lowers what is expected twice,
      // once when it begins and once when it ends (R2.12, R2.20). Ours must not: `toldAgain`.
      return Array.from({ length: reason === 'SuccessfulDelete' ? 1 : count }, () => text)
    })
    .sort()
}

/** What was done to one pod, and was told more than once. */
export async function toldAgain(stage: Stage): Promise<string[]> {
  const again = (await eventsOfDaemonSets(stage)).filter(({ reason = '', message, count = 1 }) => {
    return count > 1 && ['SuccessfulCreate', 'SuccessfulDelete'].includes(reason) && !message?.startsWith('(combined')
  })
  return again.map(({ message, count }) => `${message}: ${count} times`)
}

async function eventsOfDaemonSets({ client, namespace }: Stage): Promise<Event[]> {
  const { items } = await client.list<Event>(events, { namespace })
  return items.filter(({ involvedObject }) => involvedObject.kind === 'DaemonSet')
}

interface PodFacts {
  readonly node: string
  readonly affinity?: unknown
  readonly [fact: string]: unknown
}

function podFacts({ metadata, spec, status }: Pod): PodFacts {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'
  return {
    node: nodeOf(spec),
    name: metadata.generateName === undefined ? metadata.name : metadata.name?.replace(/.{5}$/, '*'),
    generateName: metadata.generateName,
    labels: metadata.labels,
    annotations: metadata.annotations,
    finalizers: metadata.finalizers,
    owners: ownersOf(metadata),
    tolerations: spec.tolerations,
    affinity: spec.affinity,
    images: spec.containers.map(({ image }) => image),
    state: metadata.deletionTimestamp !== undefined ? 'going' : ready ? 'ready' : status?.phase,
  }
}

/** Where it is, or where it is pinned to. */
export function nodeOf(spec: Pod['spec']): string {
  if (spec.nodeName !== undefined) return spec.nodeName
  return /"metadata\.name","operator":"In","values":\["([^"]+)"/.exec(JSON.stringify(spec.affinity))?.[1] ?? '-'
}

function ownersOf({ ownerReferences = [] }: ApiObject['metadata']): unknown {
  return ownerReferences.map(({ uid: _, ...owner }) => owner)
}
