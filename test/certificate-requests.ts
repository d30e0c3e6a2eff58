// Certificate requests as machines send them: a key of their own, a name, and whatever else they would like to be.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { Name, Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } from '@peculiar/x509'

export interface Wish {
  readonly commonNames?: readonly string[]
  readonly organizations?: readonly string[]
  readonly dnsNames?: readonly string[]
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** PEM. */
export async function requestFor({ commonNames = [], organizations = [], dnsNames = [] }: Wish): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: new Name([
      ...organizations.map((utf8String) => ({ O: [{ utf8String }] })),
      ...commonNames.map((utf8String) => ({ CN: [{ utf8String }] })),
    ]),
    keys,
    signingAlgorithm: algorithm,
    extensions:
      dnsNames.length === 0
        ? []
        : [new SubjectAlternativeNameExtension(dnsNames.map((value) => ({ type: 'dns' as const, value })))],
  })
  return request.toString('pem')
}

export function nodeRequest(node: string, more: Wish = {}): Promise<string> {
  return requestFor({ commonNames: [`system:node:${node}`], organizations: ['system:nodes'], ...more })
}
