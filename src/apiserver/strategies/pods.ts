// Pods: they begin Pending, and are given time to stop (W11.8, W14.2). Upstream: pkg/registry/core/pod/strategy.go.

import type { Pod } from '../../api/types.ts'
import { qosClass } from './qos.ts'
import type { Strategy } from './strategy.ts'

export const podStrategy: Strategy = {
  returnsDeleted: true,

  prepareCreate(object) {
    const pod = object as Pod
    pod.status = { phase: 'Pending', qosClass: qosClass(pod.spec) }
  },

  prepareStatus(object, old) {
    const [pod, before] = [object as Pod, old as Pod]
    // Old kubelets corrupted the owners of their pods. Upstream: podStatusStrategy.PrepareForUpdate.
    if (before.metadata.ownerReferences === undefined) delete pod.metadata.ownerReferences
    else pod.metadata.ownerReferences = before.metadata.ownerReferences
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
