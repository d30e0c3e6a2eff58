// The one file that opens a socket: HTTP/2 and HTTP/1.1 over TLS on one port, in front of an API server that is only a
// function. What happens to one request is listen-exchange.ts.

import type { IncomingMessage } from 'node:http'
import { createSecureServer, type Http2SecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Send } from '../api/wire.ts'
import type { Log } from '../base/log.ts'
import type { HttpRequest } from './http-request.ts'
import type { HttpResponse } from './http-sink.ts'
import type { Authenticate } from './identity/authenticate.ts'
import type { KeyPair } from './identity/certificates.ts'
import { Connections } from './listen-connections.ts'
import { listenError } from './listen-error.ts'
import { exchange } from './listen-exchange.ts'
import { type ListenLimits, listenLimits } from './listen-limits.ts'
import { upgrade } from './listen-upgrade.ts'
import { type StreamingLimits, streamingLimits } from './streaming/limits.ts'

export interface ListenOptions {
  readonly handle: Send
  readonly authenticate: Authenticate
  readonly tls: {
    readonly server: KeyPair
    /** PEM: whose client certificates count. */
    readonly authority: string
  }
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly log: Log
  readonly limits?: Partial<ListenLimits>
  readonly streaming?: Partial<StreamingLimits>
}

export interface Listening {
  readonly port: number
  /** Exec, attach and port-forward that are open now. */
  readonly sessions: () => number
  /** For connections that come from now on. */
  useCertificate(server: KeyPair): void
  /** Ends watches cleanly, waits a moment for requests in hand, and resolves when every connection is gone. */
  close(): Promise<void>
}

/** Rejects with ListenError where the address cannot be had. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const limits: ListenLimits = { ...listenLimits, ...options.limits }
  const streaming: StreamingLimits = { ...streamingLimits, ...options.streaming }
  const server = secureServer(options.tls, limits)
  const connections = new Connections(server, limits)
  server.on('request', (request: HttpRequest, response: HttpResponse) => {
    void exchange(request, response, connections, limits, options)
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    void upgrade(request, socket, head, connections, { ...limits, streaming }, options)
  })
  server.on('tlsClientError', (error) => options.log.debug('no TLS connection', { why: error.message }))
  server.on('sessionError', (error) => options.log.debug('HTTP/2 connection broke off', { why: error.message }))
  const port = await bind(server, options)
  return {
    port,
    useCertificate: ({ certificate, key }) =>
      server.setSecureContext({ key, cert: certificate, ca: options.tls.authority, minVersion: 'TLSv1.2' }),
    sessions: () => connections.carried,
    close: () => connections.close(),
  }
}

/** What Node keeps on an HTTP/2 server that speaks HTTP/1.1 as well, and does not declare. */
interface Http1Settings {
  headersTimeout: number
  requestTimeout: number
  keepAliveTimeout: number
}

function secureServer(tls: ListenOptions['tls'], limits: ListenLimits): Http2SecureServer {
  const options = {
    allowHTTP1: true,
    key: tls.server.key,
    cert: tls.server.certificate,
    ca: tls.authority,
    minVersion: 'TLSv1.2',
    // Asked for and checked, but the connection stays: a stranger gets 401 rather than a broken handshake, and a token
    // is as good as a certificate.
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: limits.handshakeMs,
    settings: { maxConcurrentStreams: limits.streamsPerConnection, maxHeaderListSize: limits.headerBytes },
    maxHeaderSize: limits.headerBytes,
    connectionsCheckingInterval: Math.min(limits.headersMs, 5000),
  } as const
  const server = createSecureServer(options)
  server.maxConnections = limits.connections
  // W1.1: a keep-alive of minutes. requestTimeout would count the body; http-request.ts does that for both protocols.
  const http1: Http1Settings = {
    headersTimeout: limits.headersMs,
    requestTimeout: 0,
    keepAliveTimeout: limits.idleMs,
  }
  return Object.assign(server, http1)
}

/** Thousands of agents come back at once when a server is restarted; Linux caps it at its own somaxconn. */
const backlog = 8192

function bind(server: Http2SecureServer, { host, port, log }: ListenOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error) => reject(listenError(host, port, error))
    server.once('error', refuse)
    server.listen({ host, port, backlog }, () => {
      server.off('error', refuse)
      // E.g. no file descriptor left for one more connection: those we have go on.
      server.on('error', (error) => log.warn('a connection was not accepted', { why: error.message }))
      resolve((server.address() as AddressInfo).port)
    })
  })
}
