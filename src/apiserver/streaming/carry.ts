// A session and the connection it was asked for on: takes the protocol off, hands the bytes over, and ends both when
// either does.

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws'
import type { Session } from '../../api/session.ts'
import { containerOverSpdy } from './container-spdy.ts'
import { containerOverWebSocket } from './container-websocket.ts'
import type { StreamingLimits } from './limits.ts'
import { type Carrier, tunnelProtocol } from './negotiate.ts'
import { portsOverSpdy } from './ports-spdy.ts'
import { portsOverWebSocket } from './ports-websocket.ts'

/** What is known of a connection that is asked to become something else. */
export interface Upgrading {
  readonly request: IncomingMessage
  readonly socket: Duplex
  /** What came after the request already. */
  readonly head: Buffer
  /** Of 101. */
  readonly headers: Readonly<Record<string, string>>
}

export interface Carried {
  /** Resolves when it is over and nothing of it is left. */
  readonly over: Promise<void>
  /** Ends it: the server stops. */
  close(): void
}

export function carry(session: Session, carrier: Carrier, upgrading: Upgrading, limits: StreamingLimits): Carried {
  const { socket } = upgrading
  let idle: NodeJS.Timeout | undefined
  const active = () => {
    idle?.refresh()
  }
  let end: () => void = () => socket.destroy()
  const close = () => {
    end()
    // Whoever does not answer a goodbye.
    setTimeout(() => socket.destroy(), limits.closeMs).unref()
  }
  idle = setTimeout(close, limits.idleMs)
  const begin = async (): Promise<void> => {
    if (carrier.over === 'spdy') {
      writeHead(upgrading)
      if (upgrading.head.length > 0) socket.unshift(upgrading.head)
      return session.kind === 'container'
        ? containerOverSpdy(socket, session, carrier.protocol, limits, active)
        : portsOverSpdy(socket, session, limits, active)
    }
    const webSocket = await accept(upgrading, limits)
    if (webSocket === undefined) return
    end = () => webSocket.close(goingAway)
    const closed = new Promise<void>((resolve) => webSocket.once('close', () => resolve()))
    await overWebSocket(webSocket, session, carrier.protocol, limits, active)
    await closed
  }
  const over = begin().finally(() => {
    clearTimeout(idle)
    socket.destroy()
  })
  return { over, close }
}

/** RFC 6455, 7.4.1. */
const goingAway = 1001

function overWebSocket(
  webSocket: WebSocket,
  session: Session,
  protocol: string,
  limits: StreamingLimits,
  active: () => void,
): Promise<void> {
  // Its 'close' says all there is to say.
  webSocket.on('error', () => {})
  if (session.kind === 'container') return containerOverWebSocket(webSocket, session, protocol, limits, active)
  if (protocol !== tunnelProtocol) return portsOverWebSocket(webSocket, session, protocol, limits, active)
  return portsOverSpdy(createWebSocketStream(webSocket), session, limits, active)
}

/** Undefined where it came to nothing: the client has gone. */
function accept({ request, socket, head, headers }: Upgrading, { messageBytes }: StreamingLimits) {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // Nobody asks for it, and it costs memory for each connection.
    perMessageDeflate: false,
    maxPayload: messageBytes,
  })
  // It was agreed on before. The library refuses names with a slash, as kubectl's for port-forward has one.
  delete request.headers['sec-websocket-protocol']
  server.on('headers', (lines) => {
    for (const [name, value] of Object.entries(headers)) if (!own.has(name)) lines.push(`${name}: ${value}`)
  })
  return new Promise<WebSocket | undefined>((resolve) => {
    socket.once('close', () => resolve(undefined))
    server.handleUpgrade(request, socket, head, resolve)
  })
}

/** The library writes them. */
const own = new Set(['connection', 'upgrade'])

function writeHead({ socket, headers }: Upgrading): void {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`)
}
