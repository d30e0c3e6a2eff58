// The short text by which a machine that joins knows the cluster's authority: the hash of its public key, as in
// `kubeadm join --discovery-token-ca-cert-hash`. Upstream: cmd/kubeadm/app/util/pubkeypin.

import { createHash, X509Certificate } from 'node:crypto'

/** `sha256:` and 64 hexadecimal digits. */
export function caHashOf(certificate: string): string {
  const spki = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' })
  return `sha256:${createHash('sha256').update(spki).digest('hex')}`
}

/** As somebody typed it; undefined: it is none. */
export function readCaHash(text: string): string | undefined {
  const hash = text.trim().toLowerCase()
  return /^sha256:[0-9a-f]{64}$/.test(hash) ? hash : undefined
}
