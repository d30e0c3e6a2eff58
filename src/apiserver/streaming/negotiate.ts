// Which protocol carries a session: what the client offers in its headers against what is spoken here (W12.5, W12.7).
// Upstream: apimachinery/pkg/util/httpstream/httpstream.go (Handshake) and wsstream/conn.go (handshake).

import { ApiError, badRequestError } from '../../api/status.ts'
import type { ApiRequest } from '../../api/wire.ts'

export type Carrier =
  | { readonly over: 'websocket'; readonly protocol: string }
  | { readonly over: 'spdy'; readonly protocol: string }

/** In the order of upstream's error texts. The empty one: a client that names none. */
export const containerWebSockets = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
  '',
] as const
export const containerSpdy = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'] as const

/** kubectl carries SPDY inside a WebSocket; the others name their ports in the request. */
export const tunnelProtocol = 'SPDY/3.1+portforward.k8s.io'
export const portWebSockets = [tunnelProtocol, 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io', ''] as const
export const portSpdy = ['portforward.k8s.io'] as const

export const spdyVersion = 'SPDY/3.1'
const protocolHeader = 'x-stream-protocol-version'

export function isWebSocketUpgrade({ headers }: Pick<ApiRequest, 'headers'>): boolean {
  return upgradeOf(headers) === 'websocket'
}

/** Throws what upstream answers where there is nothing both ends speak. */
export function negotiate(
  request: Pick<ApiRequest, 'method' | 'headers'>,
  webSockets: readonly string[],
  spdy: readonly string[],
): Carrier {
  switch (upgradeOf(request.headers)) {
    case 'websocket':
      return { over: 'websocket', protocol: webSocketProtocol(request, webSockets) }
    case 'spdy/3.1':
      return { over: 'spdy', protocol: spdyProtocol(request.headers, spdy) }
    default:
      throw badRequestError('Upgrade request required')
  }
}

/** The headers of 101. */
export function upgradeHeaders({ over, protocol }: Carrier): Readonly<Record<string, string>> {
  if (over === 'spdy') return { connection: 'Upgrade', upgrade: spdyVersion, [protocolHeader]: protocol }
  return {
    connection: 'Upgrade',
    upgrade: 'websocket',
    ...(protocol === '' ? {} : { 'sec-websocket-protocol': protocol }),
  }
}

/** Of the headers of 101. */
export function carrierOf(headers: Readonly<Record<string, string>>): Carrier {
  return headers.upgrade === spdyVersion
    ? { over: 'spdy', protocol: headers[protocolHeader] ?? '' }
    : { over: 'websocket', protocol: headers['sec-websocket-protocol'] ?? '' }
}

function upgradeOf(headers: ApiRequest['headers']): string | undefined {
  const isUpgrade = listOf(headers.connection).some((word) => word.toLowerCase() === 'upgrade')
  return isUpgrade ? headers.upgrade?.toLowerCase() : undefined
}

function webSocketProtocol({ method, headers }: Pick<ApiRequest, 'method' | 'headers'>, spoken: readonly string[]) {
  if (method !== 'GET') throw badRequestError('a WebSocket begins with GET')
  if (headers['sec-websocket-version'] !== '13') throw badRequestError('this server speaks version 13 of WebSocket')
  if (!/^[+/0-9a-z]{22}==$/i.test(headers['sec-websocket-key'] ?? '')) {
    throw badRequestError('a WebSocket begins with a key of 16 bytes')
  }
  const offered = listOf(headers['sec-websocket-protocol'])
  const found = (offered.length === 0 ? [''] : offered).find((one) => spoken.includes(one))
  if (found !== undefined) return found
  throw new ApiError(
    'Forbidden',
    `requested protocol(s) are not supported: [${offered.join(' ')}]; supports [${spoken.join(' ').trim()}]`,
  )
}

function spdyProtocol(headers: ApiRequest['headers'], spoken: readonly string[]): string {
  const offered = listOf(headers[protocolHeader])
  if (offered.length === 0) throw badRequestError('unable to upgrade: X-Stream-Protocol-Version is required')
  const found = offered.find((one) => spoken.includes(one))
  if (found !== undefined) return found
  const pair = `client supports [${offered.join(' ')}], server accepts [${spoken.join(' ')}]`
  throw new ApiError('Forbidden', `unable to upgrade: unable to negotiate protocol: ${pair}`)
}

function listOf(header = ''): string[] {
  return header
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
}
