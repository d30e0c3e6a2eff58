// The index by which controllers find the pods of a node.

import type { Pod } from '../api/types.ts'

export const podsByNode = {
  node: (pod: Pod): readonly string[] =>
    pod.spec.nodeName === undefined || pod.spec.nodeName === '' ? [] : [pod.spec.nodeName],
}
