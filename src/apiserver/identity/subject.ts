// What an X.509 certificate says about somebody: name, groups, and from when until when.

import type { X509Certificate } from 'node:crypto'
import type { PeerCertificate } from './authenticate.ts'

export type Subject = Omit<PeerCertificate, 'trusted'>

export function subjectOf(certificate: X509Certificate): Subject {
  // The parsed form: the text form of a subject cannot be taken apart again safely (CVE-2021-44533).
  const { subject } = certificate.toLegacyObject()
  const names = valuesOf(subject, 'CN')
  return {
    commonName: names.length === 1 && names[0] !== '' ? names[0] : undefined,
    organizations: valuesOf(subject, 'O'),
    notBeforeMs: Date.parse(certificate.validFrom),
    notAfterMs: Date.parse(certificate.validTo),
  }
}

/** Node's types know one value of each kind; a certificate may have several. */
function valuesOf(subject: object, kind: string): string[] {
  const value: unknown = Reflect.get(subject, kind)
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
