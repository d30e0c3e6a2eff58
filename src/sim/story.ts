// What a write means to a person: pods that come, run and go, and what becomes of nodes and DaemonSets.

import { daemonSets, nodes, pods } from '../api/resources.ts'
import type { Node, Pod } from '../api/types.ts'
import type { Change } from './truth.ts'

export interface Told {
  readonly who: string
  readonly what: string
}

export function storyOf(change: Change): Told[] {
  switch (change.event.collection) {
    case pods.collection:
      return podStory(change)
    case nodes.collection:
      return nodeStory(change)
    case daemonSets.collection:
      return change.event.type === 'deleted'
        ? [{ who: 'server', what: `daemonset ${change.object.metadata.name} is gone` }]
        : []
    default:
      return []
  }
}

function podStory({ event, object, previous }: Change): Told[] {
  const pod = object as Pod
  const who = pod.spec.nodeName === undefined ? 'server' : `agent ${pod.spec.nodeName}`
  const { name } = pod.metadata
  if (event.type === 'deleted') return [{ who, what: `${name} is gone` }]
  const now = stateOf(pod)
  const before = previous === undefined ? undefined : stateOf(previous as Pod)
  return now === before ? [] : [{ who, what: `${name} ${now}` }]
}

function stateOf({ metadata, status }: Pod): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'
  const phase = status?.phase ?? 'Pending'
  const state = ready ? `${phase}, Ready` : phase
  return metadata.deletionTimestamp === undefined ? state : `${state}, terminating`
}

function nodeStory({ event, object, previous }: Change): Told[] {
  const { name = '' } = object.metadata
  if (event.type === 'deleted') return [{ who: 'server', what: `node ${name} is gone` }]
  const now = nodeState(object as Node)
  const before = previous === undefined ? undefined : nodeState(previous as Node)
  return now === before ? [] : [{ who: 'server', what: `node ${name} ${now}` }]
}

function nodeState({ spec, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status
  const condition = ready === 'True' ? 'Ready' : ready === 'Unknown' ? 'unreachable' : 'not ready'
  const taints = (spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`)
  return [condition, ...taints].join(', ')
}
