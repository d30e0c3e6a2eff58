// Defaults of services and endpoints (W14.4). Upstream: pkg/apis/core/v1/defaults.go, SetDefaults_Service. Cluster
// addresses are not defaults: whoever serves services allots them.

import { isObject, type JsonObject } from '../../base/json.ts'
import type { ApiObject } from '../types.ts'

export function defaultService(object: ApiObject): void {
  const service = object as ApiObject & { spec?: JsonObject; status?: JsonObject }
  const spec = service.spec ?? {}
  service.spec = spec
  spec.type ||= 'ClusterIP'
  defaultAffinity(spec)
  for (const port of Array.isArray(spec.ports) ? spec.ports : []) defaultPort(port)
  const isReachable = spec.type === 'NodePort' || spec.type === 'LoadBalancer'
  if (isReachable) spec.externalTrafficPolicy ||= 'Cluster'
  if (isReachable || spec.type === 'ClusterIP') spec.internalTrafficPolicy ??= 'Cluster'
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true
  service.status = { ...service.status, loadBalancer: service.status?.loadBalancer ?? {} }
}

export function defaultEndpoints(object: ApiObject): void {
  const { subsets } = object as ApiObject & { subsets?: unknown }
  for (const subset of Array.isArray(subsets) ? subsets : []) {
    const ports: unknown[] = isObject(subset) && Array.isArray(subset.ports) ? subset.ports : []
    for (const port of ports) if (isObject(port)) port.protocol ||= 'TCP'
  }
}

/** Three hours. */
const stickySeconds = 10_800

function defaultAffinity(spec: JsonObject): void {
  spec.sessionAffinity ||= 'None'
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig
  if (spec.sessionAffinity !== 'ClientIP') return
  const config = isObject(spec.sessionAffinityConfig) ? spec.sessionAffinityConfig : {}
  const clientIP = isObject(config.clientIP) ? config.clientIP : {}
  spec.sessionAffinityConfig = { ...config, clientIP: { timeoutSeconds: stickySeconds, ...clientIP } }
}

function defaultPort(port: unknown): void {
  if (!isObject(port)) return
  port.protocol ||= 'TCP'
  port.targetPort ||= port.port
}
