// Defaults of a pod spec, in a pod or in a template: the template with them is what a revision's hash is made of (R1.6,
// W14.1). Upstream: pkg/apis/core/v1/defaults.go, SetDefaults_PodSpec, and conversion.go for the service account.

import type { PodSpec } from '../types.ts'
import { canonicalAmounts } from './amounts.ts'
import { defaultContainer } from './container.ts'
import { defaultVolume } from './volume.ts'

export function defaultPodSpec(spec: PodSpec): void {
  spec.dnsPolicy ||= 'ClusterFirst'
  spec.restartPolicy ||= 'Always'
  spec.securityContext ??= {}
  spec.terminationGracePeriodSeconds ??= 30
  spec.schedulerName ||= 'default-scheduler'
  nameServiceAccountTwice(spec)
  const { initContainers = [], ephemeralContainers } = spec
  for (const container of [...(spec.containers ?? []), ...initContainers]) defaultContainer(container)
  if (Array.isArray(ephemeralContainers)) for (const container of ephemeralContainers) defaultContainer(container)
  for (const volume of spec.volumes ?? []) defaultVolume(volume)
  canonicalAmounts(spec.overhead)
}

/** The old field and the new one say the same; the new one wins. */
function nameServiceAccountTwice(spec: PodSpec): void {
  const name = spec.serviceAccountName || (typeof spec.serviceAccount === 'string' ? spec.serviceAccount : '')
  if (name === '') {
    delete spec.serviceAccountName
    delete spec.serviceAccount
    return
  }
  spec.serviceAccountName = name
  spec.serviceAccount = name
}
