// exec and attach in a container of another machine: the client's end of what container-websocket.ts is the server's.
import type { WebSocket } from 'ws'
import type { ContainerEnd, ContainerSession, ContainerStreams, StreamChoice } from '../../../api/session.ts'
import { channelsOf } from '../../../apiserver/streaming/channels.ts'
import { endOf } from '../../../apiserver/streaming/end-status.ts'
import type { ByteWriter } from '../../../base/pipe.ts'
import { sessionProtocol } from './dial.ts'

const numbers = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const

export function remoteContainer(socket: WebSocket, wants: StreamChoice): ContainerSession {
  return { kind: 'container', wants, run: (streams) => run(socket, streams) }
}

async function run(socket: WebSocket, streams: ContainerStreams): Promise<ContainerEnd> {
  const { stdout, stderr, stdin, resizes, gone } = streams
  let end: ContainerEnd = { ended: 'failure', message: 'the connection to the node broke off' }
  let writing: Promise<unknown> = Promise.resolve()
  const into = (writer: ByteWriter | undefined, bytes: Uint8Array) => {
    if (writer === undefined || bytes.byteLength === 0) return undefined
    writing = writer.write(bytes)
    return writing
  }
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
    if (socket.readyState === socket.CLOSED) resolve()
  })
  const channels = channelsOf(socket, {
    protocol: sessionProtocol,
    take: (channel, bytes) => {
      if (channel === numbers.stdout) return into(stdout, bytes)
      if (channel === numbers.stderr) return into(stderr, bytes)
      if (channel === numbers.error && bytes.byteLength > 0) end = endOf(Buffer.from(bytes).toString('utf8'))
      return undefined
    },
    ended() {},
    active() {},
  })
  const leave = () => socket.terminate()
  if (gone.aborted) leave()
  else gone.addEventListener('abort', leave)
  socket.resume()
  void pumpInput(stdin, (bytes) => channels.send(numbers.stdin, bytes)).then(() =>
    channels.send(numbers.close, Buffer.of(numbers.stdin)),
  )
  void pumpSizes(resizes, (text) => channels.send(numbers.resize, Buffer.from(text)))
  await closed
  gone.removeEventListener('abort', leave)
  // Everything it wrote has been taken, or nobody is there to take it.
  await writing
  return end
}

async function pumpInput(
  input: AsyncIterable<Uint8Array> | undefined,
  send: (bytes: Uint8Array) => Promise<boolean>,
): Promise<void> {
  if (input === undefined) return
  for await (const chunk of input) if (chunk.byteLength > 0 && !(await send(chunk))) return
}

async function pumpSizes(sizes: ContainerStreams['resizes'], send: (text: string) => Promise<boolean>): Promise<void> {
  if (sizes === undefined) return
  for await (const { width, height } of sizes) {
    if (!(await send(JSON.stringify({ Width: width, Height: height })))) return
  }
}
