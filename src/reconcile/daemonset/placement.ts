// May a daemon pod start on this node, and may one stay? (section 3) Upstream: daemon_controller.go, NodeShouldRunDaemonPod.

import { matchesNodeSelector } from '../../api/node-affinity.ts'
import { untolerated } from '../../api/taints.ts'
import type { NodeSelector, PodTemplateSpec, Toleration } from '../../api/types.ts'
import type { NodeFacts } from './snapshot.ts'
import { daemonTolerations } from './tolerations.ts'

/** A pod should run here; one that is here may stay; none may be here. */
export type Placement = 'run' | 'keep' | 'leave'

/** What of a template decides about nodes, made once a template. */
export interface PlacementRules {
  readonly nodeName: string | undefined
  readonly nodeSelector: readonly (readonly [key: string, value: string])[]
  readonly required: NodeSelector | undefined
  readonly tolerations: readonly Toleration[]
  /** Equal texts: equal answers for every node. */
  readonly text: string
  /** The node labels the answer can depend on. */
  readonly labelKeys: ReadonlySet<string>
}

/** What stands in the way of a daemon pod on one node. */
export interface Fit {
  readonly nodeName: boolean
  readonly nodeSelector: boolean
  readonly nodeAffinity: boolean
  /** Effects of the taints that the pod does not tolerate. */
  readonly untolerated: readonly string[]
}

export function placementOn(node: NodeFacts, rules: PlacementRules): Placement {
  const fit = fitOn(node, rules)
  return firstMatch.find(([, matches]) => matches(fit))?.[0] ?? 'run'
}

/** R3.1 to R3.5: the first match wins. */
const firstMatch: readonly [Placement, (fit: Fit) => boolean][] = [
  ['leave', (fit) => !fit.nodeName],
  ['leave', (fit) => !fit.nodeSelector],
  ['leave', (fit) => !fit.nodeAffinity],
  ['leave', (fit) => fit.untolerated.includes('NoExecute')],
  ['keep', (fit) => fit.untolerated.includes('NoSchedule')],
]

const none: readonly never[] = []

export function fitOn(node: NodeFacts, rules: PlacementRules): Fit {
  return {
    nodeName: rules.nodeName === undefined || rules.nodeName === node.name,
    nodeSelector: rules.nodeSelector.every(([key, value]) => node.labels[key] === value),
    nodeAffinity: rules.required === undefined || matchesNodeSelector(rules.required, node.labels, node.name),
    untolerated:
      node.taints.length === 0 ? none : untolerated(node.taints, rules.tolerations).map(({ effect }) => effect),
  }
}

export function placementRules({ spec }: PodTemplateSpec): PlacementRules {
  const nodeName = spec.nodeName === '' ? undefined : spec.nodeName
  const nodeSelector = Object.entries(spec.nodeSelector ?? {})
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  const tolerations = daemonTolerations(spec)
  const expressions = (required?.nodeSelectorTerms ?? []).flatMap((term) => term.matchExpressions ?? [])
  return {
    nodeName,
    nodeSelector,
    required,
    tolerations,
    text: JSON.stringify([nodeName, nodeSelector, required, tolerations]),
    labelKeys: new Set([...nodeSelector.map(([key]) => key), ...expressions.map(({ key }) => key)]),
  }
}
