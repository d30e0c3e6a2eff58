// May this request be answered with a certificate by which a node serves its own API? Tables of what such a request is, and
// of what is given without anybody looking at it. Upstream: pkg/apis/certificates/helpers.go, ValidateKubeletServingCSR.

import type { CertificateSigningRequest, RequestedCertificate } from '../api/certificates.ts'
import { nodeSubjectRules } from './node-client.ts'

/** Undefined when it may. The first row that holds says why not. */
export function whyNotNodeServing(
  request: CertificateSigningRequest,
  wanted: RequestedCertificate,
): string | undefined {
  return rules.find(([, holds]) => holds(wanted, request.spec.usages ?? []))?.[0]
}

const rules: typeof nodeSubjectRules = [
  ...nodeSubjectRules,
  ['DNS or IP subjectAltName is required', ({ hasOtherNames }) => !hasOtherNames],
  ['email and URI subjectAltNames are not allowed', ({ serverNames }) => serverNames === undefined],
  ['usages did not match', (_wanted, usages) => !allowedUsages.includes([...usages].sort().join())],
]

const allowedUsages = ['digital signature,server auth', 'digital signature,key encipherment,server auth']

/**
 * A node gets a certificate for its own name and no other, unless somebody approves the request by hand. Whose an address
 * is nobody here can know, and who could have one signed at will would soon serve as the API server; which upstream
 * therefore approves none at all.
 */
export function isOwnServingName(
  { spec }: CertificateSigningRequest,
  { commonName, serverNames }: RequestedCertificate,
  ownNames: ReadonlySet<string>,
): boolean {
  const [name, ...more] = serverNames?.dns ?? []
  if (name === undefined || more.length > 0 || serverNames!.ips.length > 0) return false
  return commonName === spec.username && commonName === `system:node:${name}` && !ownNames.has(name)
}
