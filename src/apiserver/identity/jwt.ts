// Signed tokens (RFC 7519) with one algorithm, ES256, and one key: whatever else a token says about how it was signed
// is not listened to.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { isObject, type JsonObject } from '../../base/json.ts'

export interface TokenSigner {
  sign(claims: object): string
  /** The claims; undefined for anything that this key did not sign. Whether they still hold is not looked at. */
  verify(token: string): JsonObject | undefined
}

export const jwtLimits = {
  /** Nothing longer is even decoded. */
  tokenBytes: 16 * 1024,
} as const

const algorithm = 'ES256'
/** Both halves of the signature side by side (RFC 7518, 3.4), not the form that certificates use. */
const dsaEncoding = 'ieee-p1363'

/** `key`: PEM (PKCS #8) of a P-256 private key. */
export function createTokenSigner(key: string): TokenSigner {
  const privateKey = createPrivateKey(key)
  const publicKey = createPublicKey(privateKey)
  const keyId = keyIdOf(publicKey)
  const header = encoded({ alg: algorithm, kid: keyId })
  return {
    sign(claims) {
      const signed = `${header}.${encoded(claims)}`
      const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding })
      return `${signed}.${signature.toString('base64url')}`
    },
    verify(token) {
      if (token.length > jwtLimits.tokenBytes) return undefined
      const [head = '', body = '', signature = '', more] = token.split('.')
      if (more !== undefined || signature === '') return undefined
      const claimed = decoded(head)
      if (claimed?.alg !== algorithm || claimed.kid !== keyId) return undefined
      const signed = Buffer.from(`${head}.${body}`)
      const isOurs = verify('sha256', signed, { key: publicKey, dsaEncoding }, Buffer.from(signature, 'base64url'))
      return isOurs ? decoded(body) : undefined
    },
  }
}

/** PEM of a new key. */
export function newSigningKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** Upstream: pkg/serviceaccount/jwt.go, keyIDFromPublicKey. */
function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url')
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decoded(part: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** With a key that is made when it is first needed, and forgotten with the process. */
export function signerOfThisRun(): TokenSigner {
  let signer: TokenSigner | undefined
  const made = () => {
    signer ??= createTokenSigner(newSigningKey())
    return signer
  }
  return { sign: (claims) => made().sign(claims), verify: (token) => made().verify(token) }
}
