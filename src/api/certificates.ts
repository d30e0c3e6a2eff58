// Certificates that somebody asks for: the request is an object, and so is the answer.
// Upstream: staging/src/k8s.io/api/certificates/v1/types.go.

import type { ApiObject, Condition } from './types.ts'

export const certificatesGroup = 'certificates.k8s.io'

/** Signs what a node shows the API server to be known by it. */
export const kubeletClientSigner = 'kubernetes.io/kube-apiserver-client-kubelet'
/** Signs what a node shows whoever asks its own API. */
export const kubeletServingSigner = 'kubernetes.io/kubelet-serving'

/** What a signed certificate is good for. */
export type CertificateUse = 'client' | 'server'

export interface RequestCondition extends Condition {
  lastUpdateTime?: string | null
}

export interface CertificateSigningRequest extends ApiObject {
  spec: {
    /** PEM in base64. */
    request: string
    signerName: string
    expirationSeconds?: number
    usages?: string[]
    /** Who asked; the server says it. */
    username?: string
    uid?: string
    groups?: string[]
    extra?: Record<string, readonly string[]>
  }
  status?: {
    /** Approved, Denied, Failed; Approved and Denied never change, and never go. */
    conditions?: RequestCondition[]
    /** PEM in base64. */
    certificate?: string
  }
}

/** What a request asks for, as far as it matters. */
export interface RequestedCertificate {
  /** Undefined where the request has none, or several. */
  readonly commonName: string | undefined
  readonly organizations: readonly string[]
  /** It asks to be known by other names, too (DNS names, addresses, or something else). */
  readonly hasOtherNames: boolean
  /** Those other names, where all of them are names of a server. */
  readonly serverNames: RequestedServerNames | undefined
}

export interface RequestedServerNames {
  readonly dns: readonly string[]
  readonly ips: readonly string[]
}

export function hasRequestCondition({ status }: CertificateSigningRequest, type: string): boolean {
  return (status?.conditions ?? []).some((condition) => condition.type === type)
}
