// Defaults of a pod beyond those of its spec as it may stand in a template (W14.2).
// Upstream: pkg/apis/core/v1/defaults.go, SetDefaults_Pod.

import type { Container, Pod } from '../types.ts'
import { defaultPodSpec } from './pod-spec.ts'

export function defaultPod({ spec }: Pod): void {
  if (spec === undefined) return
  defaultPodSpec(spec)
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) requestLimits(container)
  spec.enableServiceLinks ??= true
  if (spec.hostNetwork !== true) return
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    for (const port of container.ports ?? []) port.hostPort ||= port.containerPort
  }
}

/** A limit without a request is a request. Not in templates: there the two stay what was written. */
function requestLimits({ resources }: Container): void {
  if (resources?.limits === undefined) return
  const missing = Object.entries(resources.limits).filter(([name]) => !Object.hasOwn(resources.requests ?? {}, name))
  if (missing.length > 0) resources.requests = { ...resources.requests, ...Object.fromEntries(missing) }
}
