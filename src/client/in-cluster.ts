// A program in a pod finds its API server in its environment, and its credentials where the kubelet mounts them.
// Upstream: client-go/rest/config.go, InClusterConfig.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Connection } from './kubeconfig.ts'

export const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount'

/** Undefined outside of a pod. */
export function inClusterConnection(
  environment: Readonly<Record<string, string | undefined>>,
  directory = serviceAccountDirectory,
): Connection | undefined {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = environment
  const tokenFile = join(directory, 'token')
  const token = textOf(tokenFile)
  if (host === '' || port === '' || token === undefined) return undefined
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ca: textOf(join(directory, 'ca.crt')),
    clientCertificate: undefined,
    clientKey: undefined,
    token,
    tokenFile,
    exec: undefined,
    insecure: false,
    tlsServerName: undefined,
    namespace: textOf(join(directory, 'namespace')) ?? 'default',
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}
