// The kubeconfig context a person or a program gets for a cluster. Its shape is what client/kubeconfig.ts merges into
// a file (`ContextEntry`); this folder does not know that one.

import type { KeyPair } from './certificates.ts'

export interface KubeconfigEntry {
  readonly name: string
  readonly server: string
  readonly ca: string
  readonly clientCertificate: string
  readonly clientKey: string
}

export interface KubeconfigEntryOptions {
  /** Of context, cluster and user alike. */
  readonly name: string
  /** Where the server listens; an address that stands for all of them is written as loopback. */
  readonly host: string
  readonly port: number
  /** The authority's certificate, PEM. */
  readonly ca: string
  readonly client: KeyPair
}

export function kubeconfigEntry({ name, host, port, ca, client }: KubeconfigEntryOptions): KubeconfigEntry {
  return {
    name,
    server: serverUrl(host, port),
    ca,
    clientCertificate: client.certificate,
    clientKey: client.key,
  }
}

export function serverUrl(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `https://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}
