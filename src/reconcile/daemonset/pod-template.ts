// What does the pod for this node look like? (section 8.1) Upstream: util.CreatePodTemplate,
// util.ReplaceDaemonSetPodNodeNameNodeAffinity and controller_utils.go, GetPodFromTemplate.

import { apiVersionOf, daemonSets } from '../../api/resources.ts'
import {
  type Affinity,
  type OwnerReference,
  type Pod,
  revisionHashLabel,
  templateGenerationLabel,
} from '../../api/types.ts'
import { jsonClone } from '../../base/json.ts'
import { type PodNames, podPrefix } from './pod-names.ts'
import type { DaemonSetFacts } from './snapshot.ts'
import { daemonTolerations } from './tolerations.ts'

/** Who brings the pod to its node: this controller by `spec.nodeName`, or a scheduler that follows an affinity pin. */
export type PlacementMode = 'node-name' | 'scheduler'
export interface PodRules {
  readonly daemonSet: DaemonSetFacts
  readonly hash: string
  readonly placement: PlacementMode
  readonly podNames: PodNames
}

/** How the pod for a node is made, under a name: what all nodes' pods have in common is made once. */
export function podMaker({ daemonSet, hash, placement, podNames }: PodRules): (node: string, name: string) => Pod {
  const { template } = daemonSet
  let known: Pod | undefined
  const makeCommon = (): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: daemonSet.namespace,
      labels: podLabels(daemonSet, hash),
      ...(template.metadata?.annotations === undefined ? {} : { annotations: template.metadata.annotations }),
      ...(template.metadata?.finalizers === undefined ? {} : { finalizers: template.metadata.finalizers }),
      ownerReferences: [ownerReference(daemonSet)],
    },
    spec: { ...template.spec, tolerations: daemonTolerations(template.spec) },
  })
  // Where it comes from is told as if the server had drawn it.
  const origin = podNames === 'generated' ? { generateName: podPrefix(daemonSet) } : {}
  return (node, name) => {
    // Most decisions make no pod at all.
    known ??= makeCommon()
    const common = known
    const place =
      placement === 'node-name' ? { nodeName: node } : { affinity: pinnedAffinity(template.spec.affinity, node) }
    return jsonClone({
      ...common,
      metadata: { name, ...origin, ...common.metadata },
      // A template that names its node keeps it (section 3.6).
      spec: { ...common.spec, ...place, ...(template.spec.nodeName ? { nodeName: template.spec.nodeName } : {}) },
    })
  }
}

/** R8.3. */
export function ownerReference({ name, uid }: Pick<DaemonSetFacts, 'name' | 'uid'>): OwnerReference {
  return {
    apiVersion: apiVersionOf(daemonSets),
    kind: daemonSets.kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  }
}

/** R3.13, R3.14: the user's required terms are replaced, because they held when the node was chosen. */
export function pinnedAffinity(affinity: Affinity | undefined, node: string): Affinity {
  return {
    ...affinity,
    nodeAffinity: {
      ...affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }],
      },
    },
  }
}

/** R8.4. The template's own labels come first. */
function podLabels({ template, templateGeneration }: DaemonSetFacts, hash: string): Record<string, string> {
  return {
    ...template.metadata?.labels,
    ...(templateGeneration === undefined ? {} : { [templateGenerationLabel]: templateGeneration }),
    ...(hash === '' ? {} : { [revisionHashLabel]: hash }),
  }
}
