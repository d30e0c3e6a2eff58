// Making X.509 certificates: a self-signed authority, and what it signs for servers and clients. Keys are ECDSA P-256.
// The library that encodes them is loaded when the first one is made: most starts find all they need on disk.

import { webcrypto } from 'node:crypto'
import type { Random } from '../../base/random.ts'

/** PEM texts. */
export interface KeyPair {
  readonly certificate: string
  /** PKCS #8. */
  readonly key: string
}

export interface Validity {
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

export interface ServerNames {
  readonly dns: readonly string[]
  readonly ips: readonly string[]
}

/** What a certificate is for. A client's common name is the user's name, its organizations are the groups. */
export type Purpose =
  | { readonly for: 'authority'; readonly commonName: string }
  | {
      readonly for: 'server'
      readonly commonName: string
      readonly names: ServerNames
      readonly organizations?: readonly string[]
    }
  | { readonly for: 'client'; readonly commonName: string; readonly organizations: readonly string[] }

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** A new key and its certificate, signed by `authority` (by itself where there is none). */
export async function makeCertificate(
  purpose: Purpose,
  validity: Validity,
  random: Random,
  authority?: KeyPair,
): Promise<KeyPair> {
  const x509 = await encoder()
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const subject = { key: keys.publicKey, purpose, validity }
  const certificate = await signedCertificate(x509, subject, random, authority ?? keys.privateKey)
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { certificate, key: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n` }
}

export interface Subject {
  readonly key: webcrypto.CryptoKey
  readonly purpose: Purpose
  readonly validity: Validity
}

/** PEM: what the authority says of somebody's key; with a private key instead of an authority, signed by itself. */
export async function signedCertificate(
  x509: Encoder,
  { key, purpose, validity }: Subject,
  random: Random,
  authority: KeyPair | webcrypto.CryptoKey,
): Promise<string> {
  const isOwn = !('certificate' in authority)
  const signer = isOwn ? undefined : new x509.X509Certificate(authority.certificate)
  // Told as what they are: a plain string would be read as the text form of a name, quotes and escapes and all.
  const { organizations = [] } = purpose.for === 'authority' ? {} : purpose
  const subject = [
    ...organizations.map((utf8String) => ({ O: [{ utf8String }] })),
    { CN: [{ utf8String: purpose.commonName }] },
  ]
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(random),
    subject: new x509.Name(subject),
    issuer: signer === undefined ? new x509.Name(subject) : signer.subjectName,
    notBefore: new Date(validity.notBeforeMs),
    notAfter: new Date(validity.notAfterMs),
    publicKey: key,
    signingKey: isOwn ? authority : await privateKey(authority.key),
    signingAlgorithm: algorithm,
    extensions: [
      ...extensionsFor(x509, purpose),
      await x509.SubjectKeyIdentifierExtension.create(key),
      await x509.AuthorityKeyIdentifierExtension.create(signer === undefined ? key : signer.publicKey),
    ],
  })
  return `${certificate.toString('pem')}\n`
}

export type Encoder = typeof import('@peculiar/x509')

export async function encoder(): Promise<Encoder> {
  // The encoder's dependency injection asks for this when it is loaded.
  await import('reflect-metadata')
  return import('@peculiar/x509')
}

function extensionsFor(x509: Encoder, purpose: Purpose) {
  const { digitalSignature, keyCertSign, cRLSign } = x509.KeyUsageFlags
  const leaf = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(digitalSignature, true),
  ]
  switch (purpose.for) {
    case 'authority':
      // Path length 0: what this authority signs can sign nothing.
      return [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(digitalSignature | keyCertSign | cRLSign, true),
      ]
    case 'server':
      return [
        ...leaf,
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([
          ...purpose.names.dns.map((value) => ({ type: 'dns' as const, value })),
          ...purpose.names.ips.map((value) => ({ type: 'ip' as const, value })),
        ]),
      ]
    case 'client':
      return [...leaf, new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])]
    default:
      return purpose satisfies never
  }
}

function privateKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign'])
}

/** 16 bytes, positive and without a leading zero (RFC 5280, 4.1.2.2). */
function serialNumber(random: Random): string {
  return `4${random.uuid().replaceAll('-', '').slice(1)}`
}
