// port-forward over a WebSocket without SPDY, as the Python client does it: the request names the ports, and each has
// one connection with two channels, data and errors. Upstream: kubelet/pkg/cri/streaming/portforward/websocket.go.

import type { WebSocket } from 'ws'
import type { PortSession } from '../../api/session.ts'
import { Pipe } from '../../base/pipe.ts'
import { channelsOf } from './channels.ts'
import type { StreamingLimits } from './limits.ts'

export async function portsOverWebSocket(
  socket: WebSocket,
  session: PortSession,
  protocol: string,
  limits: StreamingLimits,
  active: () => void,
): Promise<void> {
  const inputs = session.ports.map(() => new Pipe(limits.stdinBytes))
  const gone = new AbortController()
  const channels = channelsOf(socket, {
    protocol,
    take: (channel, bytes) => {
      const input = channel % 2 === 0 ? inputs[channel / 2] : undefined
      const written = input?.write(bytes)
      return input?.isFull === true ? written : undefined
    },
    ended: (channel) => {
      if (channel % 2 === 0) inputs[channel / 2]?.end()
    },
    active,
  })
  socket.on('close', () => {
    gone.abort()
    for (const input of inputs) input.close()
  })
  const over = session.over(gone.signal).then(() => channels.close())
  // Nobody but an API server asks for no port: it wants to know how long the pod is there.
  if (session.ports.length === 0) await over
  await Promise.all(
    session.ports.map(async (port, i) => {
      const [data, error] = [2 * i, 2 * i + 1]
      // Each channel begins with its port, in little endian.
      const first = Buffer.alloc(2)
      first.writeUInt16LE(port)
      await channels.send(data, first)
      await channels.send(error, first)
      const output = { write: (chunk: Uint8Array) => channels.send(data, chunk), end() {} }
      const problem = await session.connect(port, { input: inputs[i]!, output, gone: gone.signal })
      if (problem !== undefined) await channels.send(error, Buffer.from(problem))
    }),
  )
  channels.close()
}
