// The index by which controllers find the pods of a node. It holds those that are meant for the node as well, so that one
// index serves all; most of them run there.

import type { Pod } from '../api/types.ts'
import type { Informer } from '../client/informer.ts'
import { targetNode } from '../reconcile/daemonset/snapshot.ts'

export const podsByNode = {
  node: (pod: Pod): readonly string[] => {
    const node = targetNode(pod)
    return node === undefined ? none : [node]
  },
}

const none: readonly never[] = []

/** Those that are bound to the node. */
export function podsOn(node: string, pods: Pick<Informer<Pod>, 'byIndex'>): readonly Pod[] {
  return pods.byIndex('node', node).filter(({ spec }) => spec.nodeName === node)
}
