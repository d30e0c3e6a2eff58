// What every namespace is born with: the ServiceAccount `default` and the ConfigMap `kube-root-ca.crt`; both come back
// when they are deleted, the ConfigMap also when it is changed (W11.12).
// Upstream: pkg/controller/serviceaccount and pkg/controller/certificates/rootcacertpublisher.

import { configMaps, namespaces, serviceAccounts } from '../api/resources.ts'
import { reasonOf } from '../api/status.ts'
import type { ConfigMap, Namespace, ServiceAccount } from '../api/types.ts'
import { jsonEqual } from '../base/json.ts'
import type { Running } from '../base/running.ts'
import { type ControllerOptions, startController } from './controller.ts'

export interface ServiceAccountControllerOptions extends ControllerOptions {
  /** PEM of the authority that signed the API server's certificate. */
  readonly caCertificate: string
}

const accountName = 'default'
const rootName = 'kube-root-ca.crt'
const rootDescription =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'
const workers = 5

export function startServiceAccountController(options: ServiceAccountControllerOptions): Running {
  const { client, caCertificate } = options
  return startController('service-account', options, ({ queue, follow }) => {
    const known = follow<Namespace>(namespaces, ({ type, object }) => {
      if (type !== 'deleted') queue.add(object.metadata.name!)
    })
    const accounts = follow<ServiceAccount>(serviceAccounts, ({ type, object: { metadata } }) => {
      if (type === 'deleted' && metadata.name === accountName) queue.add(metadata.namespace!)
    })
    const maps = follow<ConfigMap>(configMaps, ({ type, object: { metadata } }) => {
      if (metadata.name === rootName && type !== 'added') queue.add(metadata.namespace!)
    })

    async function work(namespace: string): Promise<void> {
      const found = known.get(namespace)
      if (found === undefined || found.metadata.deletionTimestamp !== undefined) return
      if (found.status?.phase === 'Terminating') return
      if (accounts.get(`${namespace}/${accountName}`) === undefined) await create(namespace)
      await publishRoot(namespace, maps.get(`${namespace}/${rootName}`))
    }

    async function create(namespace: string): Promise<void> {
      const account: ServiceAccount = {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: accountName, namespace },
      }
      await unlessTaken(() => client.create(serviceAccounts, account))
    }

    async function publishRoot(namespace: string, found: ConfigMap | undefined): Promise<void> {
      const data = { 'ca.crt': caCertificate }
      if (found === undefined) {
        const annotations = { 'kubernetes.io/description': rootDescription }
        const metadata = { name: rootName, namespace, annotations }
        await unlessTaken(() => client.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }))
      } else if (!jsonEqual(found.data, data)) {
        await client.update<ConfigMap>(configMaps, { ...found, data })
      }
    }

    return { workers, work }
  })
}

/** There already, or the namespace is going away: both are fine. */
async function unlessTaken(create: () => Promise<unknown>): Promise<void> {
  try {
    await create()
  } catch (error) {
    const reason = reasonOf(error)
    if (reason !== 'AlreadyExists' && reason !== 'NotFound' && reason !== 'Forbidden') throw error
  }
}
