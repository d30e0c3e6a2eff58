// A connection that is asked to become something else: exec, attach and port-forward begin like any request, with the
// same identity, rights and audit, and go on as a WebSocket or as SPDY. Everything else is answered as if nobody had
// asked for it (RFC 9110, 7.8).

import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { ApiError } from '../api/status.ts'
import type { ApiResponse } from '../api/wire.ts'
import { refusalAnswer } from './http-response.ts'
import type { Connections } from './listen-connections.ts'
import { exchange, type Serving } from './listen-exchange.ts'
import type { ListenLimits } from './listen-limits.ts'
import { carry } from './streaming/carry.ts'
import type { StreamingLimits } from './streaming/limits.ts'
import { carrierOf } from './streaming/negotiate.ts'

export async function upgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  connections: Connections,
  limits: ListenLimits & { readonly streaming: StreamingLimits },
  serving: Serving,
): Promise<void> {
  socket.on('error', (error) => serving.log.debug('connection broke off', { why: error.message }))
  const response = new ServerResponse(request)
  response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0])
  // Node reads no further request from it.
  response.shouldKeepAlive = false
  response.on('finish', () => socket.end())
  const take = (answer: ApiResponse): ApiResponse | undefined => {
    if (answer.upgrade === undefined) return answer
    const { session, ended } = answer.upgrade
    const { sessions } = limits.streaming
    if (connections.carried >= sessions) {
      ended()
      return refusalAnswer(new ApiError('TooManyRequests', `there are ${sessions} sessions already: try again later`))
    }
    response.detachSocket(socket as Parameters<ServerResponse['detachSocket']>[0])
    const { headers } = answer
    const carried = carry(session, carrierOf(headers), { request, socket, head, headers }, limits.streaming)
    connections.addSession(socket, carried)
    void carried.over
      .catch((error: unknown) => serving.log.error('a session failed', { path: request.url?.split('?')[0], error }))
      .finally(ended)
    return undefined
  }
  await exchange(request, response, connections, limits, serving, take)
}
