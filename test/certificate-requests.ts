// Certificate requests as machines send them: a key of their own, a name, and whatever else they would like to be.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { Name, Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } from '@peculiar/x509'

export interface Wish {
  readonly commonNames?: readonly string[]
  readonly organizations?: readonly string[]
  readonly dnsNames?: readonly string[]
  readonly ips?: readonly string[]
  readonly uris?: readonly string[]
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** PEM. */
export async function requestFor(wish: Wish): Promise<string> {
  const { commonNames = [], organizations = [] } = wish
  const names = otherNames(wish)
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: new Name([
      ...organizations.map((utf8String) => ({ O: [{ utf8String }] })),
      ...commonNames.map((utf8String) => ({ CN: [{ utf8String }] })),
    ]),
    keys,
    signingAlgorithm: algorithm,
    extensions: names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)],
  })
  return request.toString('pem')
}

function otherNames({ dnsNames = [], ips = [], uris = [] }: Wish) {
  return [
    ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...ips.map((value) => ({ type: 'ip' as const, value })),
    ...uris.map((value) => ({ type: 'url' as const, value })),
  ]
}

export function nodeRequest(node: string, more: Wish = {}): Promise<string> {
  return requestFor({ commonNames: [`system:node:${node}`], organizations: ['system:nodes'], ...more })
}
