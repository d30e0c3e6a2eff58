// Pods: they begin Pending, and are given time to stop (W11.8, W14.2). Upstream: pkg/registry/core/pod/strategy.go.

import type { Pod, PodSpec } from '../../api/types.ts'
import { warningsForPod } from '../../api/warnings/pod-template.ts'
import { qosClass } from './qos.ts'
import type { Strategy } from './strategy.ts'

export const podStrategy: Strategy = {
  returnsDeleted: true,

  prepareCreate(object) {
    const pod = object as Pod
    // Validation comes next: there may be no spec yet.
    const spec: PodSpec | undefined = pod.spec
    pod.status = { phase: 'Pending', qosClass: qosClass(spec?.containers ?? [], spec?.initContainers) }
  },

  /** Of a new one only: nearly nothing of a pod can be changed. */
  warnings: (object, old) => (old === undefined ? warningsForPod(object as Pod) : []),

  prepareStatus(object, old) {
    const [pod, before] = [object as Pod, old as Pod]
    // A kubelet that is behind must not change whose the pod is, nor whether it goes.
    // Upstream: podStatusStrategy.PrepareForUpdate.
    for (const field of ['ownerReferences', 'deletionTimestamp'] as const) {
      if (before.metadata[field] === undefined) delete pod.metadata[field]
      else Object.assign(pod.metadata, { [field]: before.metadata[field] })
    }
    const decided = before.status?.qosClass
    if (decided !== undefined) pod.status = { ...pod.status, qosClass: pod.status?.qosClass ?? decided }
  },

  gracePeriodSeconds(object, asked) {
    const { spec, status } = object as Pod
    // Nobody runs it: nothing to wait for.
    if ((spec.nodeName ?? '') === '') return 0
    if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return 0
    const seconds = asked ?? spec.terminationGracePeriodSeconds ?? 0
    return seconds < 0 ? 1 : seconds
  },
}
