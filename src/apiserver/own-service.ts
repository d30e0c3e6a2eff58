// The service `kubernetes` in `default`, by which pods find this server, and the endpoints behind it. Tools read it to
// tell the cluster's address family (W17.3). Nothing here routes to its address.
// Upstream: pkg/controlplane/controller/kubernetesservice, pkg/controlplane/reconcilers.

import { isIP } from 'node:net'
import { endpoints, services } from '../api/resources.ts'
import { semanticEqual } from '../api/semantic-equality.ts'
import type { ApiObject } from '../api/types.ts'
import { change, make, storedAs } from './own-writes.ts'
import type { Parts } from './parts.ts'

/** Where the server can be reached. */
export interface Address {
  /** As it was listened on: an IP address, or a name. */
  readonly host: string
  readonly port: number
}

const name = 'kubernetes'
const namespace = 'default'
/** The first address of the range that services get theirs from (strategies/services.ts). */
const clusterIP = '10.96.0.1'
const labels = { component: 'apiserver', provider: 'kubernetes' }
const usualPort = 6443

export async function ensureOwnService(parts: Parts): Promise<void> {
  if (storedAs(parts, services, name, namespace) !== undefined) return
  const ports = [{ name: 'https', port: 443, protocol: 'TCP', targetPort: usualPort }]
  const service = { metadata: { name, namespace, labels }, spec: { type: 'ClusterIP', clusterIP, ports } }
  await make(parts, services, service as ApiObject)
}

/** Tells where the server listens, for as long as nobody says otherwise. */
export async function announce(parts: Parts, { host, port }: Address): Promise<void> {
  const addresses = [{ ip: isIP(host) !== 0 && !unspecified.has(host) ? host : '127.0.0.1' }]
  const subsets = [{ addresses, ports: [{ name: 'https', port, protocol: 'TCP' }] }]
  const found = storedAs<ApiObject & { subsets?: unknown }>(parts, endpoints, name, namespace)
  if (found === undefined) {
    const mirrored = { 'endpointslice.kubernetes.io/skip-mirror': 'true' }
    await make(parts, endpoints, { metadata: { name, namespace, labels: mirrored }, subsets } as ApiObject)
  } else if (!semanticEqual(found.subsets, subsets)) {
    await change(parts, endpoints, { ...found, subsets } as ApiObject)
  }
}

const unspecified: ReadonlySet<string> = new Set(['0.0.0.0', '::'])
