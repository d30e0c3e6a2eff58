// Who asks for which certificate, and what became of it.

import type { CertificateSigningRequest } from '../../api/certificates.ts'
import { humanDuration } from '../../api/duration.ts'
import { ageColumn, column, nameColumn, none, type Printer } from './column.ts'

export const certificateRequestPrinter: Printer<CertificateSigningRequest> = {
  columns: [
    nameColumn,
    ageColumn,
    column('SignerName', 'Who is asked to sign.', ({ spec }) => spec.signerName),
    column('Requestor', 'Who asks.', ({ spec }) => spec.username ?? ''),
    column('RequestedDuration', 'How long the certificate is to hold.', ({ spec }) => {
      return spec.expirationSeconds === undefined ? none : humanDuration(spec.expirationSeconds * 1000)
    }),
    column('Condition', 'Pending, or what became of it.', conditionText),
  ],
}

/** Upstream: extractCSRStatus. */
function conditionText({ status }: CertificateSigningRequest): string {
  const types = (status?.conditions ?? []).map(({ type }) => type)
  const decision = ['Approved', 'Denied', 'Failed'].filter((type) => types.includes(type))
  const issued = (status?.certificate ?? '') !== '' ? ['Issued'] : []
  return decision.length === 0 ? 'Pending' : [...decision, ...issued].join(',')
}
