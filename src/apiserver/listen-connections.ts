// The connections of a listening server: who is at the other end, what is in hand on each, and how all of them end.

import { constants, type Http2SecureServer, type Http2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { HttpRequest } from './http-request.ts'
import type { HttpResponse, HttpSink } from './http-sink.ts'
import type { PeerCertificate } from './identity/authenticate.ts'
import { subjectOf } from './identity/subject.ts'
import type { ListenLimits } from './listen-limits.ts'
import type { Carried } from './streaming/carry.ts'

/** What a request came over: an HTTP/2 session, or a socket that speaks HTTP/1.1. */
type Connection = Http2Session | TLSSocket

interface InHand {
  readonly connection: Connection | undefined
  readonly response: HttpResponse
  readonly sink: HttpSink
}

/** How often an operating system asks a silent connection whether somebody is still there. */
const keepAliveMs = 30_000

export class Connections {
  readonly #server: Http2SecureServer
  readonly #limits: ListenLimits
  /** Every connection, from before its handshake. */
  readonly #sockets = new Set<Socket>()
  readonly #sessions = new Set<Http2Session>()
  readonly #http1 = new Set<TLSSocket>()
  readonly #inHand = new Set<InHand>()
  /** What connections have become: exec, attach, port-forward. */
  readonly #carried = new Set<Carried>()
  readonly #upgraded = new WeakSet<Duplex>()
  /** Read once for a connection: the certificate stays the same while it lives. */
  readonly #certificates = new WeakMap<Connection, PeerCertificate | 'none'>()
  #closing: Promise<void> | undefined

  constructor(server: Http2SecureServer, limits: ListenLimits) {
    this.#server = server
    this.#limits = limits
    server.on('connection', (socket: Socket) => this.#accept(socket))
    server.on('secureConnection', (socket: TLSSocket) => this.#acceptSecure(socket))
    server.on('session', (session) => this.#acceptSession(session))
  }

  begin(request: HttpRequest, response: HttpResponse, sink: HttpSink): void {
    const connection = connectionOf(request)
    const inHand = { connection, response, sink }
    this.#inHand.add(inHand)
    if (this.#closing !== undefined) this.#closeAfter(inHand)
    const over = () => {
      this.#inHand.delete(inHand)
      if (this.#closing !== undefined && connection !== undefined) closeNow(connection)
    }
    if ('stream' in response) response.on('close', over)
    else response.on('close', over)
  }

  /** It was begun, but is no exchange any more. */
  leave(sink: HttpSink): void {
    for (const inHand of this.#inHand) if (inHand.sink === sink) this.#inHand.delete(inHand)
  }

  addSession(socket: Duplex, carried: Carried): void {
    this.#upgraded.add(socket)
    this.#carried.add(carried)
    const over = () => this.#carried.delete(carried)
    carried.over.then(over, over)
    if (this.#closing !== undefined) carried.close()
  }

  /** Exec, attach and port-forward that are open now. */
  get carried(): number {
    return this.#carried.size
  }

  /** No further request on this connection: what is in hand ends, then it closes. */
  closeAfter(request: HttpRequest, response: HttpResponse): void {
    this.#closeAfter({ connection: connectionOf(request), response })
  }

  /** Of the client; undefined where it showed none. */
  certificateOf(request: HttpRequest): PeerCertificate | undefined {
    const connection = connectionOf(request)
    if (connection === undefined) return undefined
    let found = this.#certificates.get(connection)
    if (found === undefined) {
      found = peerCertificate(request.socket as TLSSocket)
      this.#certificates.set(connection, found)
    }
    return found === 'none' ? undefined : found
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      const force = setTimeout(() => this.#destroyAll(), this.#limits.closeMs)
      this.#server.close(() => {
        clearTimeout(force)
        resolve()
      })
      const busy = new Set<Connection | undefined>()
      for (const inHand of this.#inHand) {
        busy.add(inHand.connection)
        this.#closeAfter(inHand)
        inHand.sink.finishStream()
      }
      for (const carried of this.#carried) carried.close()
      for (const session of this.#sessions) closeNow(session)
      for (const socket of this.#http1) if (!busy.has(socket) && !this.#upgraded.has(socket)) closeNow(socket)
    })
    return this.#closing
  }

  #closeAfter({ connection, response }: Pick<InHand, 'connection' | 'response'>): void {
    if ('stream' in response) {
      // A graceful close lets the streams in hand end, and tells the client to open no more.
      if (connection !== undefined) response.on('finish', () => closeNow(connection))
    } else if (!response.headersSent) {
      response.setHeader('connection', 'close')
    }
  }

  #destroyAll(): void {
    // With an error: what is cut off must not look complete.
    for (const session of this.#sessions) session.destroy(undefined, constants.NGHTTP2_INTERNAL_ERROR)
    for (const socket of this.#sockets) socket.destroy()
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.setNoDelay(true)
    // A node that lost its power says nothing: without asking, its watches would stay for ever.
    socket.setKeepAlive(true, keepAliveMs)
  }

  #acceptSecure(socket: TLSSocket): void {
    if (socket.alpnProtocol === 'h2') return
    this.#http1.add(socket)
    socket.on('close', () => this.#http1.delete(socket))
  }

  #acceptSession(session: Http2Session): void {
    this.#sessions.add(session)
    session.on('close', () => this.#sessions.delete(session))
    session.setTimeout(this.#limits.idleMs, () => {
      // A watch may be silent for long; only a connection without any request is idle.
      if (!this.#isBusy(session)) closeNow(session)
    })
  }

  #isBusy(connection: Connection): boolean {
    for (const inHand of this.#inHand) if (inHand.connection === connection) return true
    return false
  }
}

function connectionOf(request: HttpRequest): Connection | undefined {
  return 'stream' in request ? request.stream.session : (request.socket as TLSSocket)
}

/** Gracefully: a session lets its streams end, a socket writes what it still has. */
function closeNow(connection: Connection): void {
  if (connection.destroyed) return
  if ('goaway' in connection) connection.close()
  else connection.destroySoon()
}

function peerCertificate(socket: TLSSocket): PeerCertificate | 'none' {
  const certificate = socket.getPeerX509Certificate()
  return certificate === undefined ? 'none' : { trusted: socket.authorized, ...subjectOf(certificate) }
}
