// A request as Node's sockets give it, HTTP/1.1 or HTTP/2, turned into the plain one that the API server knows.

import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { ApiError, badRequestError } from '../api/status.ts'
import type { ApiRequest, User } from '../api/wire.ts'
import type { ListenLimits } from './listen-limits.ts'

export type HttpRequest = IncomingMessage | Http2ServerRequest

/** Method, path and query, before anything is read or believed. */
export type RequestLine = Pick<ApiRequest, 'method' | 'path' | 'query'>

/** Undefined for a target that is no path (`*`, an absolute URL meant for a proxy). */
export function requestLine(request: HttpRequest): RequestLine | undefined {
  const url = request.url ?? ''
  if (!url.startsWith('/')) return undefined
  const mark = url.indexOf('?')
  return {
    method: request.method ?? '',
    path: mark < 0 ? url : url.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
  }
}

/** HTTP/1.1 headers are measured while they are read; of HTTP/2's, Node announces a limit but does not hold it. */
export function refuseLargeHeaders({ rawHeaders }: HttpRequest, { headerBytes }: ListenLimits): void {
  let bytes = 0
  for (const text of rawHeaders) bytes += text.length
  if (bytes <= headerBytes) return
  throw new ApiError('BadRequest', `the headers of the request are too large: limit is ${headerBytes}`, undefined, {
    code: 431,
  })
}

/** The whole request; rejects with ApiError for a body that is too long or too slow. */
export async function apiRequestOf(
  request: HttpRequest,
  line: RequestLine,
  user: User | undefined,
  limits: ListenLimits,
): Promise<ApiRequest> {
  return {
    // Whoever answers a GET answers a HEAD; only writing differs (RFC 9110, 9.3.2).
    method: line.method === 'HEAD' ? 'GET' : line.method,
    path: line.path,
    query: line.query,
    headers: headersOf(request),
    body: isUpgrade(request) ? noBody : await readBody(request, limits),
    user,
  }
}

/** Credentials have done their work by now: they go no further, so that no log can show them. */
const withheld = new Set(['authorization', 'cookie', 'proxy-authorization'])

function headersOf(request: HttpRequest): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (value === undefined || name.startsWith(':') || withheld.has(name)) continue
    headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  for (const name of Object.keys(headers)) if (name.startsWith(severalTimes)) headers[name] = everyLine(request, name)
  return headers
}

/** Who may have commas in his name: headers that come more than once are told apart by lines (impersonation.ts). */
const severalTimes = 'impersonate-'

function everyLine({ rawHeaders }: HttpRequest, name: string): string {
  const isIts = (_text: string, i: number) => i % 2 === 1 && rawHeaders[i - 1]!.toLowerCase() === name
  return rawHeaders.filter(isIts).join('\n')
}

const noBody = new Uint8Array()

/** Node says so of a request that it reads no further (listen-upgrade.ts). */
function isUpgrade(request: HttpRequest): boolean {
  if (!('upgrade' in request) || request.upgrade !== true) return false
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers
  if (length === '0' && encoding === undefined) return true
  throw badRequestError('a request that asks for another protocol has no body')
}

function readBody(request: HttpRequest, limits: ListenLimits): Promise<Uint8Array> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > limits.discardedBytes) return Promise.reject(tooLarge(limits))
  return new Promise((resolve, reject) => {
    let chunks: Uint8Array[] = []
    let bytes = 0
    const timer = setTimeout(() => fail(tooSlow(limits)), limits.bodyMs)

    const done = () => {
      clearTimeout(timer)
      request.off('data', take)
      request.off('end', finish)
      request.off('error', broken)
      request.off('aborted', broken)
      request.off('close', broken)
    }
    const fail = (error: Error) => {
      done()
      // Paused, not destroyed: the refusal still has to go out on the same connection.
      request.pause()
      reject(error)
    }
    const take = (chunk: Uint8Array) => {
      bytes += chunk.byteLength
      if (bytes > limits.discardedBytes) fail(tooLarge(limits))
      else if (bytes > limits.bodyBytes) chunks = []
      else chunks.push(chunk)
    }
    const finish = () => {
      if (bytes > limits.bodyBytes) return fail(tooLarge(limits))
      done()
      resolve(chunks.length === 0 ? noBody : chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
    }
    const broken = () => fail(badRequestError('the connection ended in the middle of the request'))

    request.on('data', take)
    request.on('end', finish)
    request.on('error', broken)
    request.on('aborted', broken)
    request.on('close', broken)
  })
}

/** Upstream: apimachinery/pkg/api/errors, NewRequestEntityTooLargeError. */
function tooLarge({ bodyBytes }: ListenLimits): ApiError {
  return new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${bodyBytes}`)
}

function tooSlow({ bodyMs }: ListenLimits): ApiError {
  return new ApiError('Timeout', `the body of the request did not arrive within ${bodyMs / 1000} seconds`, undefined, {
    code: 408,
  })
}
