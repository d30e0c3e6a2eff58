// Everything that is no resource: is the server well, what version is it, what does it serve (W1.6 to W1.8, parts 3
// and 4).

import type { ApiRequest, ApiResponse } from '../api/wire.ts'
import { jsonAnswer, pageNotFound, textAnswer } from './answer.ts'
import { discoveryAnswer } from './discovery.ts'
import type { Metrics } from './metrics.ts'
import { openapiAnswer } from './openapi.ts'
import { versionInfo } from './version.ts'

export interface Health {
  /** Name of a check → what is wrong, undefined when it is well. */
  readonly checks: () => Readonly<Record<string, string | undefined>>
}

/** What the server says of itself. */
export interface Self {
  readonly health: Health
  readonly metrics: Metrics
  /** PEM; empty where nobody has one. */
  readonly caCertificate: string
}

export async function pathAnswer(request: ApiRequest, { health, metrics, caCertificate }: Self): Promise<ApiResponse> {
  const path = request.path.length > 1 && request.path.endsWith('/') ? request.path.slice(0, -1) : request.path
  const [, root] = path.split('/')
  switch (root) {
    case 'healthz':
    case 'livez':
    case 'readyz':
      return healthAnswer(request, path, health)
    case 'version':
      return path === '/version' ? jsonAnswer(200, versionInfo) : pageNotFound()
    case 'cacerts':
      // Whom to trust, for a machine that joins: it knows the hash of the key, and compares. Public, as it is in every
      // kubeconfig; k3s has the same path.
      return path === '/cacerts' && caCertificate !== '' ? textAnswer(200, caCertificate) : pageNotFound()
    case 'metrics':
      return path === '/metrics' ? metrics.answer() : pageNotFound()
    case '':
      return jsonAnswer(200, { paths: roots })
    case 'api':
    case 'apis':
      return discoveryAnswer(request) ?? pageNotFound()
    case 'openapi':
      return openapiAnswer(request) ?? pageNotFound()
    default:
      return pageNotFound()
  }
}

const roots = ['/api', '/apis', '/healthz', '/livez', '/metrics', '/openapi/v3', '/readyz', '/version']

/** `/readyz`, `/readyz?verbose`, `/readyz/store`. */
function healthAnswer({ query }: ApiRequest, path: string, { checks }: Health): ApiResponse {
  const [, name = '', only, more] = path.split('/')
  // A server that is not ready yet is alive: nobody should restart it.
  const all = Object.entries(checks()).filter(([check]) => name !== 'livez' || check === 'ping')
  const asked = only === undefined ? all : all.filter(([check]) => check === only)
  if (more !== undefined || asked.length === 0) return pageNotFound()
  const isWell = asked.every(([, problem]) => problem === undefined)
  if (isWell && !query.has('verbose')) return textAnswer(200, 'ok')
  const lines = asked.map(([check, problem]) =>
    problem === undefined ? `[+]${check} ok\n` : `[-]${check} failed: ${problem}\n`,
  )
  const verdict = `${name} check ${isWell ? 'passed' : 'failed'}\n`
  return textAnswer(isWell ? 200 : 500, lines.join('') + verdict)
}
