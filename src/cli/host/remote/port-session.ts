// port-forward to a pod of another machine: a WebSocket for each connection, and one without any port that lives as long
// as the pod's sandbox does. Upstream's API server passes one SPDY connection through instead.
import type { WebSocket } from 'ws'
import type { PortConnection, PortSession } from '../../../api/session.ts'
import { channelsOf } from '../../../apiserver/streaming/channels.ts'
import type { AbortSignalLike } from '../../../base/clock.ts'
import { sessionProtocol } from './dial.ts'

const numbers = { data: 0, error: 1, close: 255 } as const

/** `open`: another one, for this port. */
export function remotePorts(
  keeper: WebSocket,
  ports: readonly number[],
  open: (port: number) => Promise<WebSocket | string>,
): PortSession {
  const closed = closing(keeper)
  keeper.resume()
  return {
    kind: 'ports',
    ports,
    async connect(port, connection) {
      try {
        const socket = await open(port)
        return typeof socket === 'string' ? socket : await carryPort(socket, connection)
      } catch (error) {
        return `error forwarding port ${port}: ${error instanceof Error ? error.message : String(error)}`
      }
    },
    over: (gone) => Promise.race([closed, aborted(gone)]),
  }
}

async function carryPort(socket: WebSocket, { input, output, gone }: PortConnection): Promise<string | undefined> {
  const closed = closing(socket)
  const seen = new Set<number>()
  let writing: Promise<unknown> = Promise.resolve()
  let problem: string | undefined
  const channels = channelsOf(socket, {
    protocol: sessionProtocol,
    take: (channel, bytes) => {
      // Each channel begins with its port.
      if (!seen.has(channel)) {
        seen.add(channel)
        return undefined
      }
      if (channel === numbers.error) problem = `${problem ?? ''}${Buffer.from(bytes).toString('utf8')}`
      if (channel !== numbers.data) return undefined
      writing = output.write(bytes)
      return writing
    },
    ended() {},
    active() {},
  })
  const leave = () => socket.terminate()
  if (gone.aborted) leave()
  else gone.addEventListener('abort', leave)
  socket.resume()
  void pump(input, channels.send)
  await closed
  gone.removeEventListener('abort', leave)
  await writing
  output.end()
  return problem
}

async function pump(
  input: AsyncIterable<Uint8Array>,
  send: (channel: number, bytes: Uint8Array) => Promise<boolean>,
): Promise<void> {
  for await (const chunk of input) if (!(await send(numbers.data, chunk))) return
  await send(numbers.close, Buffer.of(numbers.data))
}

function closing(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve())
    if (socket.readyState === socket.CLOSED) resolve()
  })
}

function aborted(signal: AbortSignalLike): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve())
  })
}
