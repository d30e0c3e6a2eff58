// exec and attach, on the keeper's side: the first inside the namespaces of the container, the second on what it writes
// and reads. Each has a connection of its own, and ends with it.

import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { type FrameKind, frame, frameReader } from '../frames.ts'
import type { SessionOrder } from '../orders.ts'
import type { KeptRun } from './kept-run.ts'

export interface ExecPlan {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly directory: string
}

export function serveSession(
  socket: Socket,
  rest: Buffer,
  order: SessionOrder,
  run: KeptRun | undefined,
  _keeper: string,
): void {
  if (run === undefined || run.exit !== undefined) {
    socket.end(frame('end', Buffer.from(JSON.stringify({ failure: 'the container does not run' }))))
    return
  }
  const session = order.session === 'attach' ? attach(socket, run) : exec(socket, run, order)
  const hear = frameReader(session)
  const take = (chunk: Buffer) => {
    try {
      hear(chunk)
    } catch {
      socket.destroy()
    }
  }
  socket.on('data', take)
  if (rest.length > 0) take(rest)
}

type HearFrame = (kind: FrameKind, bytes: Buffer) => void

function attach(socket: Socket, run: KeptRun): HearFrame {
  const deafen = run.hearOutput((stream, chunk) => {
    socket.write(frame(stream, chunk))
  })
  void run
    .over()
    .then(() => socket.end(frame('end', Buffer.from(JSON.stringify({ exitCode: run.exit?.exitCode ?? 0 })))))
  socket.once('close', deafen)
  return (kind, bytes) => {
    if (kind === 'stdin') run.writeStdin(bytes)
  }
}

function exec(_socket: Socket, _run: KeptRun, _order: SessionOrder): HearFrame {
  return () => {}
}
void spawn

export type { ChildProcess, Readable }
