// An answer of the API server written to a socket, HTTP/1.1 or HTTP/2: whole bodies with back pressure and, where they
// are large, compressed; streams with their headers flushed at once (W7.1).

import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { ApiError } from '../api/status.ts'
import { type ApiBody, type ApiResponse, letGo } from '../api/wire.ts'
import type { HttpResponse, HttpSink } from './http-sink.ts'
import type { ListenLimits } from './listen-limits.ts'

export interface Asked {
  /** True for HEAD: headers only. */
  readonly headOnly: boolean
  readonly acceptsGzip: boolean
}

/** Resolves once everything is written or the reader is gone; for a stream, once it has begun. */
export async function writeAnswer(
  response: HttpResponse,
  sink: HttpSink,
  answer: ApiResponse,
  asked: Asked,
  limits: ListenLimits,
): Promise<void> {
  const { status, headers, body } = answer
  if (!sink.isOpen) return letGo(body)
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (body.kind === 'stream') return beginStream(response, sink, body, asked)

  const slices = body.kind === 'bytes' ? [body.bytes] : body.slices
  let length = 0
  for (const slice of slices) length += slice.byteLength
  if (status === 204 || status === 304) return sink.end()
  const compress = asked.acceptsGzip && length > limits.gzipAboveBytes && !response.hasHeader('content-encoding')
  if (compress) {
    response.setHeader('content-encoding', 'gzip')
    addVary(response, 'Accept-Encoding')
  } else {
    response.setHeader('content-length', length)
  }
  if (asked.headOnly) return sink.end()
  const pieces = gathered(slices, limits.writeBytes)
  for await (const piece of compress ? gzipped(pieces) : pieces) if (!(await sink.writeAndWait(piece))) return
  sink.end()
}

/** A refusal that never reached the API server. */
export function refusalAnswer(error: ApiError): ApiResponse {
  return {
    status: error.code,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-cache, private' },
    body: { kind: 'bytes', bytes: Buffer.from(`${JSON.stringify(error.toStatus())}\n`) },
  }
}

function beginStream(
  response: HttpResponse,
  sink: HttpSink,
  body: ApiBody & { kind: 'stream' },
  { headOnly }: Asked,
): void {
  if (headOnly) {
    letGo(body)
    sink.end()
    return
  }
  // X3: a client that waits for its watch to begin waits for the headers, not for the first event.
  if ('stream' in response) response.writeHead(response.statusCode)
  else response.flushHeaders()
  sink.stopWith(body.start(sink))
}

/** The same bytes in fewer pieces: each piece written costs a TLS record of its own. Large ones are not copied. */
function* gathered(slices: readonly Uint8Array[], pieceBytes: number): Generator<Uint8Array, void, void> {
  let small: Uint8Array[] = []
  let bytes = 0
  for (const slice of slices) {
    if (bytes > 0 && bytes + slice.byteLength > pieceBytes) {
      yield small.length === 1 ? small[0]! : Buffer.concat(small, bytes)
      small = []
      bytes = 0
    }
    small.push(slice)
    bytes += slice.byteLength
  }
  if (bytes > 0) yield small.length === 1 ? small[0]! : Buffer.concat(small, bytes)
}

/** Level 1, as upstream: endpoints/handlers/responsewriters/writers.go. */
function gzipped(pieces: Iterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return Readable.from(pieces, { objectMode: false }).pipe(createGzip({ level: 1 }))
}

function addVary(response: HttpResponse, name: string): void {
  const vary = response.getHeader('vary')
  response.setHeader('vary', vary === undefined || vary === '' ? name : `${String(vary)}, ${name}`)
}
