// May this request be answered with the certificate of a node? A table of what such a request is, and nothing more.
// Upstream: pkg/apis/certificates/helpers.go, ValidateKubeletClientCSR.

import type { CertificateSigningRequest, RequestedCertificate } from '../api/certificates.ts'
import { dns1123Subdomain } from '../api/names.ts'

const nodeUserPrefix = 'system:node:'

/** Undefined when it may. The first row that holds says why not. */
export function whyNotNodeClient(request: CertificateSigningRequest, wanted: RequestedCertificate): string | undefined {
  return rules.find(([, holds]) => holds(wanted, request.spec.usages ?? []))?.[0]
}

type Rule = readonly [why: string, holds: (wanted: RequestedCertificate, usages: readonly string[]) => boolean]

/** Who a node is, whatever its certificate is for. */
export const nodeSubjectRules: readonly Rule[] = [
  [
    'subject organization is not system:nodes',
    ({ organizations }) => organizations.length !== 1 || organizations[0] !== 'system:nodes',
  ],
  [
    'subject common name does not begin with system:node: ',
    ({ commonName = '' }) => !commonName.startsWith(nodeUserPrefix),
  ],
  // Upstream takes any name here; one that no Node can have is nobody's.
  [
    'subject common name names no node',
    ({ commonName = '' }) => dns1123Subdomain(commonName.slice(nodeUserPrefix.length)).length > 0,
  ],
]

const rules: readonly Rule[] = [
  ...nodeSubjectRules,
  ['DNS, email, IP or URI names are not allowed', ({ hasOtherNames }) => hasOtherNames],
  ['usages did not match', (_wanted, usages) => !allowedUsages.includes([...usages].sort().join())],
]

/** An elliptic key encrypts nothing. */
const allowedUsages = ['client auth,digital signature', 'client auth,digital signature,key encipherment']
