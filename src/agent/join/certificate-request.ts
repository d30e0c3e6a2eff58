// A node's request for a certificate (PKCS #10), and the key it is for, which never leaves the machine. Encoded by hand: it
// is always the same dozen fields, and the library that can encode all others is a quarter of an agent's memory.

import { generateKeyPairSync, sign } from 'node:crypto'
import type { CertificateUse } from '../../api/certificates.ts'

export interface KeyAndRequest {
  /** PEM, PKCS #8. */
  readonly key: string
  /** PEM. */
  readonly request: string
}

/** For a server the name it serves under is the node's own. */
export function nodeCertificateRequest(nodeName: string, use: CertificateUse): KeyAndRequest {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subject = sequence(attribute(oids.organization, 'system:nodes'), attribute(oids.commonName, userOf(nodeName)))
  const info = sequence(
    der(0x02, Buffer.from([0])),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa0, use === 'server' ? extensionRequest(nodeName) : Buffer.alloc(0)),
  )
  const signature = sign('sha256', info, { key: privateKey, dsaEncoding: 'der' })
  const request = sequence(
    info,
    sequence(oids.ecdsaWithSha256),
    der(0x03, Buffer.concat([Buffer.from([0]), signature])),
  )
  const lines = request.toString('base64').replace(/(.{64})(?=.)/g, '$1\n')
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    request: `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`,
  }
}

export function userOf(nodeName: string): string {
  return `system:node:${nodeName}`
}

/** Tag, length and content of each is DER already. RFC 2986, RFC 5280. */
const oids = {
  commonName: Buffer.from('0603550403', 'hex'),
  organization: Buffer.from('060355040a', 'hex'),
  subjectAltName: Buffer.from('0603551d11', 'hex'),
  extensionRequest: Buffer.from('06092a864886f70d01090e', 'hex'),
  ecdsaWithSha256: Buffer.from('06082a8648ce3d040302', 'hex'),
} as const

function attribute(oid: Buffer, value: string): Buffer {
  return der(0x31, sequence(oid, der(0x0c, Buffer.from(value))))
}

function extensionRequest(dnsName: string): Buffer {
  const names = sequence(der(0x82, Buffer.from(dnsName)))
  const extension = sequence(oids.subjectAltName, der(0x04, names))
  return sequence(oids.extensionRequest, der(0x31, sequence(extension)))
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}

function der(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content])
}

/** One byte below 128, else how many bytes, and those. */
function lengthOf(length: number): readonly number[] {
  if (length < 128) return [length]
  return length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
}
