// What every new pod is given (W14.2): its service account's name, a priority, and patience with nodes in trouble.
// Left out, on purpose: the volume `kube-api-access-…` with a token, because no runtime of ours mounts it yet, and the
// demand that the service account exists, so that pods can be made the moment their namespace is there.

import { pods } from '../../api/resources.ts'
import { forbiddenError } from '../../api/status.ts'
import type { Pod, Toleration } from '../../api/types.ts'

export function completePod(pod: Pod): void {
  const { spec } = pod
  if (spec === undefined) return
  // A mirror of what a kubelet runs from a file stays what it is. Upstream: serviceaccount/admission.go.
  if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] === undefined) setServiceAccount(pod)
  setPriority(pod)
  setDefaultTolerations(pod)
}

/** `serviceAccount` is the old name of the same field; both are always shown. */
function setServiceAccount({ spec }: Pod): void {
  const named = spec.serviceAccountName || (spec.serviceAccount as string | undefined) || 'default'
  spec.serviceAccountName = named
  spec.serviceAccount = named
}

/** The two classes every cluster has; others would be objects, which this server does not keep. */
const priorities: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
}

/** Upstream: plugin/pkg/admission/priority. */
function setPriority(pod: Pod): void {
  const { spec } = pod
  const className = (spec.priorityClassName as string | undefined) ?? ''
  const priority = className === '' ? 0 : Object.hasOwn(priorities, className) ? priorities[className] : undefined
  if (priority === undefined) {
    throw forbiddenError(pods, pod.metadata.name ?? '', `no PriorityClass with name ${className} was found`)
  }
  if (spec.priority !== undefined && spec.priority !== priority) {
    const why =
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; ` +
      `priority admission controller computed ${priority} from the given PriorityClass name`
    throw forbiddenError(pods, pod.metadata.name ?? '', why)
  }
  spec.priority = priority
  spec.preemptionPolicy ??= 'PreemptLowerPriority'
}

/** A pod leaves a node that is gone for this long. Upstream: plugin/pkg/admission/defaulttolerationseconds. */
const patienceSeconds = 300
const troubles = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'] as const

function setDefaultTolerations({ spec }: Pod): void {
  const tolerations = spec.tolerations ?? []
  const missing = troubles.filter((key) => !tolerations.some((toleration) => covers(toleration, key)))
  if (missing.length === 0) return
  const added = missing.map((key) => {
    return { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: patienceSeconds }
  })
  spec.tolerations = [...tolerations, ...added]
}

function covers({ key = '', effect = '' }: Toleration, trouble: string): boolean {
  return (key === trouble || key === '') && (effect === 'NoExecute' || effect === '')
}
