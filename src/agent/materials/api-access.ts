// What a pod needs to speak to the API server: its service account's token, the server's certificate authority and its
// namespace, where every client looks for them. kube-apiserver writes this volume into each pod; here the agent gives it
// to pods that really run, and the objects stay as they were made. Upstream: plugin/pkg/admission/serviceaccount.

import { serviceAccounts } from '../../api/resources.ts'
import { reasonOf } from '../../api/status.ts'
import type { ApiObject, Container, Pod } from '../../api/types.ts'
import type { Client } from '../../client/client.ts'
import type { Volume } from './volume-sources.ts'

export const accessMountPath = '/var/run/secrets/kubernetes.io/serviceaccount'

/** Upstream names it `kube-api-access-` and five characters: no pod may have one of this name by chance. */
const accessVolume: Volume = {
  name: 'kube-api-access.everynode',
  projected: {
    defaultMode: 0o644,
    sources: [
      // An hour and seven seconds, as upstream: so that one recognizes tokens that nobody asked for.
      { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }], optional: true } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ],
  },
}

/** The pod itself where all its containers have something there already. */
export function withApiAccess(pod: Pod): Pod {
  const { containers, initContainers } = pod.spec
  if ([...containers, ...(initContainers ?? [])].every(hasItsOwn)) return pod
  const spec = {
    ...pod.spec,
    volumes: [...(pod.spec.volumes ?? []), accessVolume as NonNullable<Pod['spec']['volumes']>[number]],
    containers: containers.map(containerWithApiAccess),
    ...(initContainers === undefined ? {} : { initContainers: initContainers.map(containerWithApiAccess) }),
  }
  return { ...pod, spec }
}

export function containerWithApiAccess(container: Container): Container {
  if (hasItsOwn(container)) return container
  const mount = { name: accessVolume.name, mountPath: accessMountPath, readOnly: true }
  return { ...container, volumeMounts: [...(container.volumeMounts ?? []), mount] }
}

function hasItsOwn({ volumeMounts = [] }: Container): boolean {
  return volumeMounts.some(({ mountPath }) => mountPath.replace(/\/+$/, '') === accessMountPath)
}

/** The pod's own word, else its service account's; an account that is not there gives nothing away. */
export async function mayHaveApiAccess(client: Client, { metadata, spec }: Pod): Promise<boolean> {
  if (spec.automountServiceAccountToken !== undefined) return spec.automountServiceAccountToken === true
  try {
    const at = { namespace: metadata.namespace, name: spec.serviceAccountName ?? 'default' }
    const account = await client.get<ApiObject & { automountServiceAccountToken?: boolean }>(serviceAccounts, at)
    return account.automountServiceAccountToken !== false
  } catch (error) {
    if (reasonOf(error) === 'NotFound') return false
    throw error
  }
}
