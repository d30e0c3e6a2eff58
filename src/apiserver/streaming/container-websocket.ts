// exec and attach over a WebSocket: channels 0 stdin, 1 stdout, 2 stderr, 3 error, 4 resize (W12.5, W12.6).
// Upstream: apiserver/pkg/util/proxy/websocket.go and streamtranslator.go.

import type { WebSocket } from 'ws'
import type { ContainerSession } from '../../api/session.ts'
import { type ByteWriter, Pipe } from '../../base/pipe.ts'
import { channelsOf } from './channels.ts'
import { endBytes } from './end-status.ts'
import type { StreamingLimits } from './limits.ts'
import { TerminalSizes } from './terminal-sizes.ts'

const numbers = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const

export async function containerOverWebSocket(
  socket: WebSocket,
  session: ContainerSession,
  protocol: string,
  limits: StreamingLimits,
  active: () => void,
): Promise<void> {
  const { wants } = session
  const stdin = new Pipe(limits.stdinBytes)
  const sizes = new TerminalSizes(limits.resizeBytes)
  const channels = channelsOf(socket, {
    protocol,
    take: (channel, bytes) => {
      if (channel === numbers.resize) sizes.take(bytes)
      if (channel !== numbers.stdin || !wants.stdin) return undefined
      const written = stdin.write(bytes)
      return stdin.isFull ? written : undefined
    },
    ended: (channel) => {
      if (channel === numbers.stdin) stdin.end()
    },
    active,
  })
  const gone = new AbortController()
  const over = () => {
    gone.abort()
    stdin.close()
    sizes.end()
  }
  socket.on('close', over)
  const output = (channel: number): ByteWriter => ({
    write: (chunk) => (chunk.byteLength === 0 ? Promise.resolve(!gone.signal.aborted) : channels.send(channel, chunk)),
    end() {},
  })
  // To tell the client that it is connected, as upstream does.
  const first = wants.stdout ? numbers.stdout : wants.stderr ? numbers.stderr : numbers.error
  await channels.send(first, new Uint8Array())
  const end = await session.run({
    stdin: wants.stdin ? stdin : undefined,
    stdout: wants.stdout ? output(numbers.stdout) : undefined,
    stderr: wants.stderr ? output(numbers.stderr) : undefined,
    resizes: wants.tty ? sizes : undefined,
    gone: gone.signal,
  })
  // What the client still sends is nobody's.
  stdin.close()
  await channels.send(numbers.error, endBytes(protocol, end))
  channels.close()
}
