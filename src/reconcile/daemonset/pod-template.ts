// What does the pod for this node look like? (section 8.1) Upstream: util.CreatePodTemplate,
// util.ReplaceDaemonSetPodNodeNameNodeAffinity and controller_utils.go, GetPodFromTemplate.

import { dns1123Subdomain } from '../../api/names.ts'
import { apiVersionOf, daemonSets } from '../../api/resources.ts'
import {
  type Affinity,
  type DaemonSet,
  type OwnerReference,
  type Pod,
  revisionHashLabel,
  templateGenerationLabel,
} from '../../api/types.ts'
import { jsonClone } from '../../base/json.ts'
import { safeEncode } from './revision-hash.ts'
import type { DaemonSetFacts } from './snapshot.ts'
import { daemonTolerations } from './tolerations.ts'

/** Who brings the pod to its node: this controller by `spec.nodeName`, or a scheduler that follows an affinity pin. */
export type PlacementMode = 'node-name' | 'scheduler'
/** `generated` by the server, or `derived` so that the same pod made twice is refused by the server (409). */
export type PodNames = 'generated' | 'derived'

export interface PodRules {
  readonly daemonSet: DaemonSetFacts
  readonly hash: string
  readonly placement: PlacementMode
  readonly podNames: PodNames
}

/** How the pod for a node is made: what all nodes' pods have in common is made once. */
export function podMaker({ daemonSet, hash, placement, podNames }: PodRules): (node: string) => Pod {
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
  return (node) => {
    // Most decisions make no pod at all.
    known ??= makeCommon()
    const common = known
    const name =
      podNames === 'derived' ? { name: derivedPodName(daemonSet, node, hash) } : { generateName: podPrefix(daemonSet) }
    const place =
      placement === 'node-name' ? { nodeName: node } : { affinity: pinnedAffinity(template.spec.affinity, node) }
    return jsonClone({
      ...common,
      metadata: { ...name, ...common.metadata },
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

/** R8.2: with a dash where that makes a valid name. */
export function podPrefix({ name }: Pick<DaemonSet['metadata'], 'name'>): string {
  const prefix = `${name}-`
  return dns1123Subdomain(`${prefix}x`).length === 0 ? prefix : `${name}`
}

/** The same for the same DaemonSet, node and revision, whoever asks; different for others, but for one in 2⁶⁴. */
export function derivedPodName(
  { name, uid }: Pick<DaemonSetFacts, 'name' | 'uid'>,
  node: string,
  hash: string,
): string {
  const suffix = safeEncode(fnv64(`${uid}/${node}/${hash}`).toString())
  return `${name.slice(0, derivedPrefixLength).replace(/[-.]+$/, '')}-${suffix}`
}

/** A pod's name becomes its host name, which is 63 characters long at most; the suffix takes up to 20 of them. */
const derivedPrefixLength = 42

/** R8.4. The template's own labels come first. */
function podLabels({ template, templateGeneration }: DaemonSetFacts, hash: string): Record<string, string> {
  return {
    ...template.metadata?.labels,
    ...(templateGeneration === undefined ? {} : { [templateGenerationLabel]: templateGeneration }),
    ...(hash === '' ? {} : { [revisionHashLabel]: hash }),
  }
}

/** FNV-1a of the text's UTF-16 code units, 64 bits. */
function fnv64(text: string): bigint {
  let hash = 0xcbf29ce484222325n
  for (let i = 0; i < text.length; i++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n)
  }
  return hash
}
