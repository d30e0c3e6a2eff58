// The health service of gRPC, asked as its protocol says: one request with one message over HTTP/2 without TLS. The two
// messages have one field each, so they are written and read here. Upstream: pkg/probe/grpc/grpc.go; grpc/health/v1.

import { connect, constants, type IncomingHttpHeaders } from 'node:http2'
import type { Clock } from '../../base/clock.ts'
import { kubernetesVersion } from '../../base/version.ts'
import { dialError, hostPort } from './dial-error.ts'

const serving = 1
const statusNames = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const
/** Of gRPC's status codes. */
const unimplemented = '12'

export const grpcProbeLimits = { answerBytes: 10 << 10 } as const

/** Undefined: it is serving; else why not, in upstream's words. */
export function grpcProblem(
  host: string,
  port: number,
  service: string,
  clock: Clock,
  timeoutMs: number,
): Promise<string | undefined> {
  const address = hostPort(host, port)
  const within = `${timeoutMs / 1000}s`
  return new Promise((resolve) => {
    let isConnected = false
    const session = connect(`http://${address}`)
    const cancel = clock.after(timeoutMs, () =>
      end(
        isConnected
          ? `timeout: health rpc did not complete within ${within}`
          : `timeout: failed to connect service "${address}" within ${within}: context deadline exceeded`,
      ),
    )
    session.on('connect', () => {
      isConnected = true
    })
    session.on('error', (error) => {
      const why = dialError(error, host, port)
      // Upstream's library tries to connect until the time is over.
      end(
        isConnected
          ? `error: health rpc probe failed: ${why}`
          : `timeout: failed to connect service "${address}" within ${within}: context deadline exceeded`,
      )
    })
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': `kube-probe/${kubernetesVersion.slice(1).split('.').slice(0, 2).join('.')}`,
    })
    const chunks: Buffer[] = []
    let bytes = 0
    let headers: IncomingHttpHeaders = {}
    stream.on('response', (received) => {
      headers = received
    })
    stream.on('trailers', (received) => {
      headers = { ...headers, ...received }
    })
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength
      if (bytes <= grpcProbeLimits.answerBytes) chunks.push(chunk)
      else end('error: health rpc probe failed: the answer is too long')
    })
    stream.on('error', (error) => session.emit('error', error))
    stream.on('end', () => end(problemIn(headers, Buffer.concat(chunks))))
    stream.end(requestMessage(service))

    function end(problem: string | undefined): void {
      cancel()
      session.removeAllListeners('error').on('error', () => {})
      stream.removeAllListeners('error').on('error', () => {})
      session.destroy()
      resolve(problem)
    }
  })
}

/** HealthCheckRequest{service = 1}, behind gRPC's own header: not compressed, and its length. */
export function requestMessage(service: string): Buffer {
  const name = Buffer.from(service)
  const body =
    name.byteLength === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, ...varint(name.byteLength)]), name])
  const header = Buffer.alloc(5)
  header.writeUInt32BE(body.byteLength, 1)
  return Buffer.concat([header, body])
}

function problemIn(headers: IncomingHttpHeaders, bytes: Buffer): string | undefined {
  const code = headers['grpc-status']
  const message = decodeURIComponent(String(headers['grpc-message'] ?? '').replace(/%(?![0-9A-Fa-f]{2})/g, '%25'))
  if (code === unimplemented) {
    return `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${message}`
  }
  if (code === undefined) {
    return `error: health rpc probe failed: unexpected HTTP status code received from server: ${headers[':status']}`
  }
  if (code !== '0')
    return `error: health rpc probe failed: rpc error: code = ${codeName(String(code))} desc = ${message}`
  const status = statusIn(bytes)
  if (status === serving) return undefined
  return `service unhealthy (responded with ${JSON.stringify(statusNames[status] ?? String(status))})`
}

/** HealthCheckResponse{status = 1}; a field that is not there is 0. */
export function statusIn(bytes: Buffer): number {
  const message = bytes.subarray(5)
  for (let at = 0; at < message.byteLength; ) {
    const [key, afterKey] = readVarint(message, at)
    if ((key & 7) !== 0) return 0
    const [value, afterValue] = readVarint(message, afterKey)
    if (key >> 3 === 1) return value
    at = afterValue
  }
  return 0
}

function readVarint(bytes: Buffer, from: number): [value: number, next: number] {
  let value = 0
  for (let at = from, shift = 0; at < bytes.byteLength && shift < 28; at++, shift += 7) {
    const byte = bytes[at]!
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return [value, at + 1]
  }
  return [value, bytes.byteLength]
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]
}

const codeNames =
  'OK Canceled Unknown InvalidArgument DeadlineExceeded NotFound AlreadyExists PermissionDenied ResourceExhausted FailedPrecondition Aborted OutOfRange Unimplemented Internal Unavailable DataLoss Unauthenticated'.split(
    ' ',
  )

function codeName(code: string): string {
  return codeNames[Number(code)] ?? `Code(${code})`
}
