// gRPC as far as a CRI socket needs it: one request, one answer, over HTTP/2 on a unix socket. Why not the library:
// docs/decisions/0015-cri.md. Upstream: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md.

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2'
import { connect as connectSocket } from 'node:net'

export const grpcLimits = {
  /** Of one answer. Upstream: pkg/kubelet/cri/remote, maxMsgSize. */
  messageBytes: 16 << 20,
} as const

/** The codes we tell apart. Upstream: google.golang.org/grpc/codes. */
export const grpcCodes = {
  cancelled: 1,
  unknown: 2,
  deadlineExceeded: 4,
  notFound: 5,
  unimplemented: 12,
  unavailable: 14,
} as const

export class GrpcError extends Error {
  override name = 'GrpcError'
  readonly code: number

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** As Go prints it, and so as people find it: `rpc error: code = Unknown desc = …`. */
export function rpcText(error: unknown): string {
  if (!(error instanceof GrpcError)) return String(error)
  return `rpc error: code = ${codeNames[error.code] ?? `Code(${error.code})`} desc = ${error.message}`
}

/** By number. Upstream: google.golang.org/grpc/codes/code_string.go. */
const codeNames =
  'OK Canceled Unknown InvalidArgument DeadlineExceeded NotFound AlreadyExists PermissionDenied ResourceExhausted FailedPrecondition Aborted OutOfRange Unimplemented Internal Unavailable DataLoss Unauthenticated'.split(
    ' ',
  )

/** One connection, made when it is needed and made anew after it has broken. */
export class GrpcConnection {
  readonly #socketPath: string
  #session: ClientHttp2Session | undefined
  #isClosed = false

  constructor(socketPath: string) {
    this.#socketPath = socketPath
  }

  /** Rejects with GrpcError; `timeoutMs` undefined: as long as it takes. */
  call(path: string, request: Uint8Array, timeoutMs: number | undefined): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(new GrpcError(grpcCodes.cancelled, 'the connection was closed'))
        return
      }
      const session = this.#open()
      const stream = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...(timeoutMs === undefined ? {} : { 'grpc-timeout': `${Math.ceil(timeoutMs)}m` }),
      })
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => settle(timedOut(path, timeoutMs)), timeoutMs)
      let over = false
      const settle = (outcome: Buffer | GrpcError) => {
        if (over) return
        over = true
        clearTimeout(timer)
        if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL)
        if (outcome instanceof GrpcError) reject(outcome)
        else resolve(outcome)
      }
      listen(stream, this.#socketPath, settle)
      stream.end(framed(request))
    })
  }

  /** What is under way is given up. */
  close(): void {
    this.#isClosed = true
    this.#session?.destroy()
    this.#session = undefined
  }

  #open(): ClientHttp2Session {
    const known = this.#session
    if (known !== undefined && !known.closed && !known.destroyed) return known
    // The name of the host means nothing on a unix socket, but it has to be one.
    const session = connect('http://localhost', { createConnection: () => connectSocket(this.#socketPath) })
    const forget = () => {
      if (this.#session === session) this.#session = undefined
    }
    // Its requests are told; this one only must not be unheard.
    session.on('error', forget).on('goaway', forget).on('close', forget)
    this.#session = session
    return session
  }
}

function listen(stream: ClientHttp2Stream, socketPath: string, settle: (outcome: Buffer | GrpcError) => void): void {
  const chunks: Buffer[] = []
  let bytes = 0
  let status: GrpcError | 'ok' | undefined
  const hear = (headers: IncomingHttpHeaders) => {
    status = statusOf(headers) ?? status
  }
  stream.on('response', hear).on('trailers', hear)
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > grpcLimits.messageBytes + 5) {
      settle(new GrpcError(grpcCodes.unknown, `an answer of more than ${grpcLimits.messageBytes} bytes`))
    } else chunks.push(chunk)
  })
  stream.on('error', (cause: Error) => {
    const broken = (cause.cause ?? cause) as NodeJS.ErrnoException
    const why = broken.code === 'ENOENT' ? 'no such socket' : broken.message
    settle(new GrpcError(grpcCodes.unavailable, `no answer from ${socketPath}: ${why}`, { cause }))
  })
  stream.on('close', () => {
    if (status === 'ok') settle(unframed(Buffer.concat(chunks)))
    else settle(status ?? new GrpcError(grpcCodes.unavailable, `no answer from ${socketPath}: the connection was lost`))
  })
}

function timedOut(path: string, timeoutMs: number): GrpcError {
  return new GrpcError(grpcCodes.deadlineExceeded, `no answer to ${path} within ${timeoutMs} ms`)
}

/** Undefined where these headers do not say how it ended. */
function statusOf(headers: IncomingHttpHeaders): GrpcError | 'ok' | undefined {
  const code = headers['grpc-status']
  if (code === undefined) return undefined
  if (code === '0') return 'ok'
  return new GrpcError(Number(code), percentDecoded(String(headers['grpc-message'] ?? '')))
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Not compressed, then its length. */
function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

function unframed(body: Buffer): Buffer | GrpcError {
  if (body.length < 5 || body[0] !== 0 || body.readUInt32BE(1) !== body.length - 5) {
    return new GrpcError(grpcCodes.unknown, `an answer of ${body.length} bytes that is no message`)
  }
  return body.subarray(5)
}
