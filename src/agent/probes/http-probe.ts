// An HTTP GET at a port of the pod: any answer from 200 to 399 is a success. What TLS says about names and authorities
// does not count. Upstream: pkg/probe/http/http.go and request.go.

import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIPv6 } from 'node:net'
import type { Container } from '../../api/types.ts'
import type { Clock } from '../../base/clock.ts'
import { kubernetesVersion } from '../../base/version.ts'
import { dialError } from './dial-error.ts'
import { type HttpGet, portOf } from './probe-spec.ts'

export const httpProbeLimits = {
  /** What is read of an answer. Upstream: maxRespBodyLength. */
  bodyBytes: 10 << 10,
  /** Followed, as long as they lead to the same host. */
  redirects: 10,
} as const

export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

export interface HttpAsk {
  readonly url: URL
  readonly headers: OutgoingHttpHeaders
}

/** Rejects where there is no such port. */
export function askOf(get: HttpGet, container: Container, podIP: string, purpose: 'probe' | 'lifecycle'): HttpAsk {
  const host = get.host === undefined || get.host === '' ? podIP : get.host
  const scheme = (get.scheme ?? 'HTTP').toLowerCase()
  const port = portOf(get.port, container)
  const path = get.path ?? '/'
  const url = new URL(
    `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}${path.startsWith('/') ? '' : '/'}${path}`,
  )
  const headers: Record<string, string | string[]> = {}
  for (const { name, value = '' } of get.httpHeaders ?? []) {
    const key = Object.keys(headers).find((known) => known.toLowerCase() === name.toLowerCase()) ?? name
    const known = headers[key]
    headers[key] = known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value]
  }
  const has = (name: string) => Object.keys(headers).find((known) => known.toLowerCase() === name)
  if (has('user-agent') === undefined) {
    headers['User-Agent'] = `kube-${purpose}/${kubernetesVersion.slice(1).split('.').slice(0, 2).join('.')}`
  }
  const accept = has('accept')
  if (accept === undefined) headers.Accept = '*/*'
  else if (headers[accept] === '') delete headers[accept]
  return { url, headers }
}

/** Rejects with an Error in Go's words. A redirect to another host is an answer. */
export async function httpGet(ask: HttpAsk, clock: Clock, timeoutMs: number): Promise<HttpAnswer> {
  const gone = new AbortController()
  const cancel = clock.after(timeoutMs, () => gone.abort())
  try {
    let { url } = ask
    for (let redirects = 0; ; redirects++) {
      const { answer, location } = await once({ ...ask, url }, gone.signal)
      const next = location === undefined ? undefined : new URL(location, url)
      if (next === undefined || next.hostname !== ask.url.hostname) return answer
      if (redirects >= httpProbeLimits.redirects) {
        throw new Error(`Get ${JSON.stringify(location)}: stopped after ${httpProbeLimits.redirects} redirects`)
      }
      url = next
    }
  } finally {
    cancel()
  }
}

interface Once {
  readonly answer: HttpAnswer
  readonly location: string | undefined
}

function once({ url, headers }: HttpAsk, signal: AbortSignal): Promise<Once> {
  return new Promise((resolve, reject) => {
    const isSecure = url.protocol === 'https:'
    const options = { method: 'GET', headers, agent: false as const, signal, rejectUnauthorized: false }
    const request = (isSecure ? httpsRequest : httpRequest)(url, options, (response) => {
      const { statusCode: status = 0 } = response
      const location = [301, 302, 303, 307, 308].includes(status) ? response.headers.location : undefined
      readBeginning(response).then((body) => {
        request.destroy()
        resolve({ answer: { status, body }, location })
      }, fail)
    })
    request.on('error', fail)
    request.end()
    function fail(error: Error): void {
      const why = signal.aborted
        ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
        : dialError(error, url.hostname.replace(/^\[|\]$/g, ''), Number(url.port) || (isSecure ? 443 : 80))
      reject(new Error(`Get ${JSON.stringify(url.href)}: ${why}`))
    }
  })
}

async function readBeginning(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.byteLength
    if (bytes >= httpProbeLimits.bodyBytes) break
  }
  return Buffer.concat(chunks).subarray(0, httpProbeLimits.bodyBytes).toString('utf8')
}
