// What bytes are turned into before they lie on disk, and back. The form is upstream's: a prefix that names provider and
// key (`k8s:enc:aescbc:v1:NAME:`), then what the provider made of it.
// Upstream: apiserver/pkg/storage/value/{transformer.go,encrypt/aes/aes.go,encrypt/identity/identity.go}.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

export interface Transformer {
  /** `place` is what the bytes belong to: with aesgcm they cannot be read under another one. */
  toStorage(bytes: Uint8Array, place: string): Uint8Array
  /** Throws an Error that says why they cannot be read. */
  fromStorage(stored: Uint8Array, place: string): FromStorage
}

export interface FromStorage {
  readonly bytes: Uint8Array
  /** Today it would be written in another form. */
  readonly stale: boolean
}

export interface Prefixed {
  /** '' takes everything. */
  readonly prefix: string
  readonly transformer: Transformer
}

/** The first one writes. `none` is said when the stored bytes begin with none of the prefixes. */
export function firstWritesAllRead(choices: readonly Prefixed[], none: string): Transformer {
  return {
    toStorage(bytes, place) {
      const [{ prefix, transformer }] = choices as readonly [Prefixed, ...Prefixed[]]
      const made = transformer.toStorage(bytes, place)
      return prefix === '' ? made : Buffer.concat([Buffer.from(prefix), made])
    },
    fromStorage(stored, place) {
      const problems: string[] = []
      for (const [i, { prefix, transformer }] of choices.entries()) {
        if (!startsWith(stored, prefix)) continue
        try {
          const read = transformer.fromStorage(stored.subarray(Buffer.byteLength(prefix)), place)
          return { bytes: read.bytes, stale: read.stale || i > 0 }
        } catch (error) {
          // That identity cannot read what is encrypted says nothing: somebody further down may.
          if (prefix !== '') problems.push((error as Error).message)
        }
      }
      if (problems.length > 1) throw new Error(`[${problems.join(', ')}]`)
      throw new Error(problems[0] ?? none)
    },
  }
}

const encrypted = 'k8s:enc:'

/** Nothing is encrypted; what is cannot be read. */
export const identity: Transformer = {
  toStorage: (bytes) => bytes,
  fromStorage(stored) {
    if (startsWith(stored, encrypted)) throw new Error('identity transformer tried to read encrypted data')
    return { bytes: stored, stale: false }
  },
}

const tooShort = 'the stored data was shorter than the required size'
const gcmBytes = { nonce: 12, tag: 16 } as const

/** Nonce, ciphertext, tag; bound to its place. A key must not be used for more than 2^32 writes. */
export function aesGcm(key: Uint8Array): Transformer {
  const cipher = `aes-${key.byteLength * 8}-gcm` as 'aes-256-gcm'
  return {
    toStorage(bytes, place) {
      // From the platform, never from a seed: a nonce that comes twice would give the key away.
      const nonce = randomBytes(gcmBytes.nonce)
      const sealing = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(place))
      return Buffer.concat([nonce, sealing.update(bytes), sealing.final(), sealing.getAuthTag()])
    },
    fromStorage(stored, place) {
      if (stored.byteLength < gcmBytes.nonce) throw new Error(tooShort)
      const end = stored.byteLength - gcmBytes.tag
      if (end < gcmBytes.nonce) throw new Error(notAuthentic)
      const opening = createDecipheriv(cipher, key, stored.subarray(0, gcmBytes.nonce), {
        authTagLength: gcmBytes.tag,
      })
      opening.setAAD(Buffer.from(place)).setAuthTag(stored.subarray(end))
      return opened(() => [opening.update(stored.subarray(gcmBytes.nonce, end)), opening.final()], notAuthentic)
    },
  }
}

const notAuthentic = 'cipher: message authentication failed'
const blockBytes = 16

/** IV, ciphertext with PKCS#7 padding. Nothing holds it together but the padding, as upstream. */
export function aesCbc(key: Uint8Array): Transformer {
  const cipher = `aes-${key.byteLength * 8}-cbc`
  return {
    toStorage(bytes) {
      const iv = randomBytes(blockBytes)
      const sealing = createCipheriv(cipher, key, iv)
      return Buffer.concat([iv, sealing.update(bytes), sealing.final()])
    },
    fromStorage(stored) {
      if (stored.byteLength < 2 * blockBytes) throw new Error(tooShort)
      if (stored.byteLength % blockBytes !== 0) throw new Error('the stored data is not a multiple of the block size')
      const opening = createDecipheriv(cipher, key, stored.subarray(0, blockBytes))
      return opened(() => [opening.update(stored.subarray(blockBytes)), opening.final()], 'invalid padding on input')
    },
  }
}

/** The platform's own words differ from one OpenSSL to the next. */
function opened(open: () => readonly Uint8Array[], otherwise: string): FromStorage {
  try {
    return { bytes: Buffer.concat(open()), stale: false }
  } catch (cause) {
    throw new Error(otherwise, { cause })
  }
}

function startsWith(bytes: Uint8Array, prefix: string): boolean {
  if (bytes.byteLength < prefix.length) return false
  for (let i = 0; i < prefix.length; i++) if (bytes[i] !== prefix.charCodeAt(i)) return false
  return true
}
