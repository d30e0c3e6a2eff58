// Carrying requests over HTTP: one pool of kept-alive connections to one server, TLS with a client certificate or a
// token. undici rather than `fetch`: it can do both certificates and answers without an end.

import type { PeerCertificate } from 'node:tls'
import { Agent, type Dispatcher } from 'undici'
import type { ApiBody, ApiRequest, ByteSink, Send } from '../api/wire.ts'
import { type Credential, type CredentialSource, credentialSource } from './credentials.ts'
import type { Connection } from './kubeconfig.ts'
import { KubeconfigError } from './kubeconfig-error.ts'
import { Unreachable } from './unreachable.ts'

export const httpLimits = {
  connectMs: 10_000,
  /** Until the first byte of an answer; a watch's headers come at once (W7.1), a slow list may take a while. */
  headersMs: 60_000,
  /** Between two pieces of an answer that has an end. */
  bodyMs: 60_000,
  /** Shorter than any server closes them, so that no request meets a connection that is just being closed (W1.1). */
  keepAliveMs: 30_000,
} as const

export type HttpConnection = Pick<Connection, 'server'> &
  Partial<Omit<Connection, 'server'>> & {
    /** Who we are, where it changes while we run and nothing else says it. */
    readonly credentials?: CredentialSource
    /** Whose certificate it must be, where that is not told by the server's name. Undefined: it is his. */
    readonly whyNotServer?: (certificate: PeerCertificate) => string | undefined
  }

export function httpSend(
  connection: HttpConnection,
  now: () => number = Date.now,
): { send: Send; close(): Promise<void> } {
  const base = new URL(connection.server)
  const prefix = base.pathname.replace(/\/+$/, '')
  const pool = new Pool(connection)
  const source = connection.credentials ?? credentialSource(connection, now)

  async function once(request: ApiRequest): Promise<Dispatcher.ResponseData> {
    const query = String(request.query)
    const credential = source === undefined ? connection : await source.current()
    const authorization = credential.token === undefined ? {} : { authorization: `Bearer ${credential.token}` }
    const response = await pool.agentFor(credential).request({
      origin: base.origin,
      path: `${prefix}${request.path}${query === '' ? '' : `?${query}`}`,
      method: request.method as Dispatcher.HttpMethod,
      headers: { ...defined(request.headers), ...authorization },
      body: request.body.length === 0 ? null : request.body,
      bodyTimeout: isEndless(request) ? 0 : httpLimits.bodyMs,
    })
    if (response.statusCode === 401) source?.refused()
    return response
  }

  const send: Send = async (request) => {
    try {
      const response = await once(request).catch((error) => {
        // The server closed the kept-alive connection just as we took it: asking again harms nothing when reading.
        if (request.method === 'GET' && codeOf(error) === 'UND_ERR_SOCKET') return once(request)
        throw error
      })
      return {
        status: response.statusCode,
        headers: flat(response.headers),
        body: await bodyOf(request, response),
      }
    } catch (cause) {
      // Who we are could not be found out: no request was made.
      if (cause instanceof KubeconfigError) throw cause
      throw new Unreachable(`${request.method} ${base.origin}${prefix}${request.path}: ${whyOf(cause)}`, cause)
    }
  }

  return { send, close: () => pool.destroy() }
}

/** Kept-alive connections belong to the certificate they were opened with. */
class Pool {
  readonly #connection: HttpConnection
  #agent: Agent
  #certificate: string | undefined
  readonly #left = new Set<Agent>()

  constructor(connection: HttpConnection) {
    this.#connection = connection
    this.#certificate = connection.clientCertificate
    this.#agent = agentOf(connection, connection)
  }

  /** With another certificate the old connections take no new requests, and go when their last one has ended. */
  agentFor(credential: Partial<Credential>): Agent {
    if (credential.clientCertificate === this.#certificate) return this.#agent
    const old = this.#agent
    this.#left.add(old)
    void old.close().finally(() => this.#left.delete(old))
    this.#certificate = credential.clientCertificate
    this.#agent = agentOf(this.#connection, credential)
    return this.#agent
  }

  async destroy(): Promise<void> {
    await Promise.all([this.#agent, ...this.#left].map((agent) => agent.destroy()))
  }
}

function agentOf(connection: HttpConnection, { clientCertificate, clientKey }: Partial<Credential>): Agent {
  const { whyNotServer } = connection
  return new Agent({
    connect: {
      timeout: httpLimits.connectMs,
      rejectUnauthorized: connection.insecure !== true,
      ...defined({
        ca: connection.ca,
        cert: clientCertificate,
        key: clientKey,
        servername: connection.tlsServerName,
      }),
      ...(whyNotServer === undefined
        ? {}
        : {
            checkServerIdentity: (_host: string, certificate: PeerCertificate) => {
              const why = whyNotServer(certificate)
              return why === undefined ? undefined : new Error(why)
            },
          }),
    },
    keepAliveTimeout: httpLimits.keepAliveMs,
    keepAliveMaxTimeout: httpLimits.keepAliveMs,
    headersTimeout: httpLimits.headersMs,
  })
}

/** A watch or a log: its end is not in sight. */
function isEndless(request: ApiRequest): boolean {
  const watch = request.query.get('watch')
  const isLog = request.path.endsWith('/log') || request.path.startsWith('/containerLogs/')
  return watch === 'true' || watch === '1' || isLog
}

async function bodyOf(request: ApiRequest, { statusCode, body }: Dispatcher.ResponseData): Promise<ApiBody> {
  if (!isEndless(request) || statusCode >= 300) {
    return { kind: 'bytes', bytes: new Uint8Array(await body.arrayBuffer()) }
  }
  // Breaking it off is how a watch ends; nobody needs to hear of it as an error.
  body.on('error', () => {})
  return {
    kind: 'stream',
    start: (sink) => {
      void pump(body, sink)
      return () => body.destroy()
    },
  }
}

async function pump(body: AsyncIterable<Uint8Array>, sink: ByteSink): Promise<void> {
  try {
    for await (const chunk of body) if (!sink.write(chunk)) await sink.drained()
    sink.end()
  } catch {
    sink.destroy()
  }
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) out[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return out
}

function defined<T extends Readonly<Record<string, string | undefined>>>(values: T): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [name, value] of Object.entries(values)) if (value !== undefined) out[name] = value
  return out
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** A refused connection to a name with several addresses has an empty message, and its reasons inside. */
function whyOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(whyOf).join('; ')
  const message = error instanceof Error ? error.message : String(error)
  return message === '' ? (codeOf(error) ?? 'no answer') : message
}
