// port-forward over SPDY: for each forwarded connection the client opens two streams with one request id, one for the
// data and one on which it hears what went wrong. Upstream: kubelet/pkg/cri/streaming/portforward/httpstream.go.

import type { Duplex } from 'node:stream'
import type { PortSession } from '../../api/session.ts'
import { SpdyConnection, type SpdyStream } from '../../spdy/connection.ts'
import type { StreamingLimits } from './limits.ts'
import { portOf } from './port-number.ts'

interface Pair {
  data?: SpdyStream
  error?: SpdyStream
  readonly timer: NodeJS.Timeout
}

export async function portsOverSpdy(
  socket: Duplex,
  session: PortSession,
  limits: StreamingLimits,
  active: () => void,
): Promise<void> {
  const gone = new AbortController()
  /** Those that miss one of their two streams. */
  const pairs = new Map<string, Pair>()
  const connection = new SpdyConnection(socket, {
    active,
    accept: (stream) => {
      const problem = problemOf(stream)
      if (problem !== undefined) return problem
      const id = requestIdOf(stream)
      const type = stream.headers.streamtype as 'data' | 'error'
      const pair: Pair = pairs.get(id) ?? { timer: setTimeout(() => giveUp(id), limits.creationMs) }
      if (pair[type] !== undefined) return `error processing stream for request ${id}: ${type} stream already assigned`
      pair[type] = stream
      pairs.set(id, pair)
      const { data, error } = pair
      if (data === undefined || error === undefined) return undefined
      clearTimeout(pair.timer)
      pairs.delete(id)
      void forward(session, data, error, gone.signal)
      return undefined
    },
  })
  const giveUp = (id: string) => {
    const pair = pairs.get(id)
    pairs.delete(id)
    pair?.data?.reset()
    pair?.error?.reset()
  }
  void session.over(gone.signal).then(() => connection.close())
  try {
    await connection.run()
  } finally {
    gone.abort()
    for (const { timer } of pairs.values()) clearTimeout(timer)
  }
}

async function forward(session: PortSession, data: SpdyStream, error: SpdyStream, gone: AbortSignal): Promise<void> {
  const port = portOf(data.headers.port) ?? 0
  const problem = await session.connect(port, { input: data.input, output: data.output, gone }).catch(String)
  if (problem === undefined) {
    data.output.end()
    error.output.end()
    data.input.close()
    return
  }
  await error.output.write(Buffer.from(problem))
  error.output.end()
  // So that the client closes its own end, instead of waiting for what will not come.
  data.reset()
}

/** Upstream: httpStreamReceived. */
function problemOf({ headers: { port, streamtype } }: SpdyStream): string | undefined {
  if (port === undefined || port === '') return '"port" header is required'
  if (portOf(port) === undefined) return `unable to parse "${port}" as a port`
  if (streamtype === undefined || streamtype === '') return '"streamType" header is required'
  return streamtype === 'data' || streamtype === 'error' ? undefined : `invalid stream type "${streamtype}"`
}

/** Of old clients, which send none: error and data streams follow each other. Upstream: requestID. */
function requestIdOf({ id, headers }: SpdyStream): string {
  const given = headers.requestid ?? ''
  return given !== '' ? given : String(headers.streamtype === 'error' ? id : id - 2)
}
