// A WebSocket to the agent of a node: what exec, attach and port-forward are carried on between the API server and an
// agent on another machine.
import type { IncomingMessage } from 'node:http'
import type { PeerCertificate } from 'node:tls'
import { WebSocket } from 'ws'
import type { ApiResponse } from '../../../api/wire.ts'
import { streamingLimits } from '../../../apiserver/streaming/limits.ts'
import type { CredentialSource } from '../../../client/credentials.ts'

export interface Place {
  /** `https://10.0.0.2:10250`. */
  readonly server: string
  /** PEM. */
  readonly ca: string
  readonly credentials: CredentialSource
  /** Undefined: it is the one that was meant. */
  readonly whyNotServer: (certificate: PeerCertificate) => string | undefined
}

/** The fifth protocol of container streams, which can tell the end of one; agents speak it for ports as well. */
export const sessionProtocol = 'v5.channel.k8s.io'

export const dialLimits = {
  /** Until the agent has said yes or no. */
  handshakeMs: 10_000,
  /** Of an answer that is a refusal. */
  refusalBytes: 64 * 1024,
} as const

/** Nothing is read from it before it is resumed. Or what the agent answered instead; rejects where it did not. */
export async function dial(place: Place, path: string, query: string): Promise<WebSocket | ApiResponse> {
  const { clientCertificate, clientKey } = await place.credentials.current()
  const url = `${place.server.replace(/^https/, 'wss')}${path}${query === '' ? '' : `?${query}`}`
  const socket = new WebSocket(url, sessionProtocol, {
    ca: place.ca,
    cert: clientCertificate,
    key: clientKey,
    checkServerIdentity: (_host: string, certificate: PeerCertificate) => {
      const why = place.whyNotServer(certificate)
      return why === undefined ? undefined : new Error(why)
    },
    handshakeTimeout: dialLimits.handshakeMs,
    maxPayload: streamingLimits.messageBytes,
    perMessageDeflate: false,
    headers: { 'user-agent': 'everynode-apiserver' },
  } as ConstructorParameters<typeof WebSocket>[2])
  return new Promise((resolve, reject) => {
    socket.once('open', () => {
      socket.pause()
      // Its 'close' says all there is to say from now on.
      socket.on('error', () => {})
      resolve(socket)
    })
    socket.once('unexpected-response', (_request, response: IncomingMessage) => {
      refusalOf(response).then(resolve, reject)
    })
    socket.once('error', reject)
  })
}

async function refusalOf(response: IncomingMessage): Promise<ApiResponse> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > dialLimits.refusalBytes) break
    chunks.push(chunk)
  }
  const type = response.headers['content-type'] ?? 'text/plain'
  const body = { kind: 'bytes', bytes: Buffer.concat(chunks) } as const
  return { status: response.statusCode ?? 502, headers: { 'content-type': type }, body }
}
