// Answers in the making: bodies of bytes, Status objects, and the headers every answer carries (W1.2).

import type { ApiError, Status } from '../api/status.ts'
import type { ApiResponse } from '../api/wire.ts'

export const noCache = 'no-cache, private'

const newline = Buffer.from('\n')

export function jsonAnswer(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): ApiResponse {
  return bytesAnswer(status, Buffer.from(`${JSON.stringify(value)}\n`), headers)
}

/** Stored or encoded JSON, as it is, and the newline upstream ends with. */
export function encodedAnswer(
  status: number,
  json: Uint8Array,
  headers: Readonly<Record<string, string>>,
): ApiResponse {
  return {
    status,
    headers: { 'cache-control': noCache, 'content-type': 'application/json', ...headers },
    body: { kind: 'slices', slices: [json, newline] },
  }
}

export function bytesAnswer(
  status: number,
  bytes: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): ApiResponse {
  return {
    status,
    headers: { 'cache-control': noCache, 'content-type': 'application/json', ...headers },
    body: { kind: 'bytes', bytes },
  }
}

export function textAnswer(status: number, text: string): ApiResponse {
  return bytesAnswer(status, Buffer.from(text), {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  })
}

export const pageNotFound = () => textAnswer(404, '404 page not found\n')

/** A refusal is always a plain Status in JSON, whatever was asked for (W5.3). */
export function refusalAnswer(error: ApiError, pretty = false): ApiResponse {
  const retryAfter = error.details?.retryAfterSeconds
  const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': `${retryAfter}` }
  const text = JSON.stringify(error.toStatus(), undefined, pretty ? 2 : undefined)
  return bytesAnswer(error.code, Buffer.from(`${text}\n`), headers)
}

export function successStatus(details?: Status['details'], code?: number): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    ...(details === undefined ? {} : { details }),
    ...(code === undefined ? {} : { code }),
  }
}

/** W1.11: `299 - "text"` each, joined as one header value. */
export function warningHeader(warnings: readonly string[]): Readonly<Record<string, string>> {
  if (warnings.length === 0) return {}
  return { warning: withinLimit([...new Set(warnings)].map(quotedWarning)).join(', ') }
}

/** Each once; and where all together are too long for a header, the first ones. Upstream: apiserver/pkg/endpoints/filters/warning.go. */
const warningBytes = 4096

function withinLimit(warnings: readonly string[]): readonly string[] {
  let length = 0
  const end = warnings.findIndex((warning) => {
    length += warning.length
    return length > warningBytes
  })
  return end < 0 ? warnings : warnings.slice(0, Math.max(1, end))
}

function quotedWarning(text: string): string {
  // Header values are one line of printable ASCII. Upstream: apimachinery/pkg/util/net, NewWarningHeader.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  const printable = text.replace(/[\u0000-\u001f\u007f-\uffff]/g, ' ')
  return `299 - "${printable.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
