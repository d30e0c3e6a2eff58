// Defaults of a secret: its type, and `stringData`, which is only a way to write and is never answered (W14.4).
// Upstream: pkg/apis/core/v1/defaults.go and conversion.go, Convert_v1_Secret_To_core_Secret.

import type { ApiObject } from '../types.ts'

export function defaultSecret(object: ApiObject): void {
  const secret = object as ApiObject & {
    type?: string
    data?: Record<string, string>
    stringData?: Record<string, string>
  }
  secret.type ||= 'Opaque'
  if (secret.stringData === undefined) return
  const written = Object.entries(secret.stringData).map(([key, value]) => [key, base64(utf8(value))] as const)
  if (written.length > 0) secret.data = { ...secret.data, ...Object.fromEntries(written) }
  delete secret.stringData
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function base64(bytes: readonly number[]): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const [a, b, c] = [bytes[i]!, bytes[i + 1], bytes[i + 2]]
    const bits = (a << 16) | ((b ?? 0) << 8) | (c ?? 0)
    text += alphabet[bits >> 18]! + alphabet[(bits >> 12) & 63]!
    text += (b === undefined ? '=' : alphabet[(bits >> 6) & 63]!) + (c === undefined ? '=' : alphabet[bits & 63]!)
  }
  return text
}

/** A half of a surrogate pair that stands alone becomes U+FFFD, as everywhere. */
function utf8(text: string): number[] {
  const bytes: number[] = []
  for (const character of text) {
    const point = character.codePointAt(0)!
    const code = point >= 0xd800 && point <= 0xdfff ? 0xfffd : point
    if (code < 0x80) bytes.push(code)
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), tail(code))
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), tail(code >> 6), tail(code))
    else bytes.push(0xf0 | (code >> 18), tail(code >> 12), tail(code >> 6), tail(code))
  }
  return bytes
}

const tail = (bits: number) => 0x80 | (bits & 0x3f)
