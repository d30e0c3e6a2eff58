// exec and attach, on the keeper's side: the first inside the namespaces of the container, the second on what it writes
// and reads. Each has a connection of its own, and ends with it.

import { type ChildProcess, spawn } from 'node:child_process'
import { chownSync, closeSync, constants, openSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { type FrameKind, frame, frameReader } from '../frames.ts'
import type { ExecOrder, SessionEnd, SessionOrder } from '../orders.ts'
import { cgroupEntries } from './cgroups.ts'
import { entering, wrapperFiles } from './inner-script.ts'
import { outputLimits } from './kept-output.ts'
import type { KeptParts, KeptRun } from './kept-run.ts'
import { resizeTerminal } from './terminal.ts'

export const sessionLimits = {
  /** Whoever is attached and so far behind is cut off: the container is not to wait for them. */
  behindBytes: 4 * 1024 * 1024,
} as const

export function serveSession(
  socket: Socket,
  rest: Buffer,
  order: SessionOrder,
  run: KeptRun | undefined,
  parts: KeptParts,
): void {
  if (run === undefined || run.exit !== undefined) {
    end(socket, { failure: 'the container does not run' })
    return
  }
  if (order.session === 'attach') {
    listen(socket, rest, attach(socket, run))
    return
  }
  // What comes before the command runs waits in the connection.
  socket.pause()
  if (rest.length > 0) socket.unshift(rest)
  exec(socket, run, order, parts).then(
    (hear) => listen(socket, Buffer.alloc(0), hear),
    (error) => end(socket, { failure: error instanceof Error ? error.message : String(error) }),
  )
}

type HearFrame = (kind: FrameKind, bytes: Buffer) => void

function listen(socket: Socket, rest: Buffer, session: HearFrame): void {
  const hear = frameReader(session)
  const take = (chunk: Buffer) => {
    try {
      hear(chunk)
    } catch {
      socket.destroy()
    }
  }
  if (rest.length > 0) take(rest)
  socket.on('data', take)
  socket.resume()
}

function end(socket: Socket, how: SessionEnd): void {
  if (!socket.destroyed) socket.end(frame('end', Buffer.from(JSON.stringify(how))))
}

function attach(socket: Socket, run: KeptRun): HearFrame {
  const deafen = run.output.hear((stream, chunk) => {
    socket.write(frame(stream, chunk))
    if (socket.writableLength > sessionLimits.behindBytes) socket.destroy()
  })
  void run.over().then(() => end(socket, { exitCode: run.exit?.exitCode ?? 0 }))
  socket.once('close', () => {
    deafen()
    run.input?.leave()
  })
  return (kind, bytes) => {
    const { input } = run
    if (kind === 'stdin' && input?.write(bytes) === false) {
      socket.pause()
      input.onceDrained(() => socket.resume())
    }
  }
}

async function exec(socket: Socket, run: KeptRun, order: ExecOrder, parts: KeptParts): Promise<HearFrame> {
  const first = run.firstProcess
  if (first === undefined) throw new Error('the first process of the container is not known')
  const argv = order.argv.map((word) => word.replaceAll(order.pidPlaceholder, String(first.pid)))
  const streams = ['stdin', 'stdout', 'stderr'] as const
  const pipes = { stdin: '', stdout: '', stderr: '' }
  for (const name of streams) {
    pipes[name] = join(parts.keeper, 'pipes', `exec-${process.pid}-${count++}`)
    await parts.pipes.take(pipes[name])
    if (order.owner !== undefined) chownSync(pipes[name], order.owner.uid, order.owner.gid)
  }
  const given: number[] = []
  const open = (path: string, flags: number) => {
    const fd = openSync(path, flags)
    given.push(fd)
    return fd
  }
  const { O_RDONLY, O_WRONLY, O_RDWR, O_NONBLOCK } = constants
  let input: Socket | undefined
  const outputs: Promise<void>[] = []
  let child: ChildProcess
  try {
    const cgroups = cgroupEntries(run.cgroups)
    given.push(...cgroups)
    if (order.stdin)
      input = new Socket({ fd: openSync(pipes.stdin, O_RDWR | O_NONBLOCK), readable: false, writable: true })
    for (const name of ['stdout', 'stderr'] as const) {
      const from = new Socket({ fd: openSync(pipes[name], O_RDONLY | O_NONBLOCK), readable: true, writable: false })
      outputs.push(forward(from, socket, name))
    }
    const out = open(pipes.stdout, O_WRONLY)
    const err = open(pipes.stderr, O_WRONLY)
    const read = order.stdin ? open(pipes.stdin, O_RDONLY) : 'ignore'
    const script = [...entering(cgroups.length), 'exec "$@"'].join('\n')
    // The two between are the wrapper's when a container is started: the numbers of the cgroups are the same here.
    const unused = Array.from({ length: wrapperFiles.cgroups - 3 }, () => 'ignore' as const)
    child = spawn('/bin/sh', ['-c', script, 'sh', ...argv], {
      cwd: '/',
      env: { ...run.environment(), ...(order.tty ? { TERM: 'xterm' } : {}) },
      detached: true,
      stdio: [read, out, err, ...unused, ...cgroups],
    })
  } finally {
    for (const fd of given) closeSync(fd)
    for (const name of streams) rmSync(pipes[name], { force: true })
  }
  const exited = new Promise<SessionEnd>((resolve) => {
    child.once('error', (error) => resolve({ failure: error.message }))
    child.once('exit', (code) => resolve({ exitCode: code ?? 137 }))
  })
  void exited.then(async (how) => {
    input?.destroy()
    await Promise.race([Promise.all(outputs), new Promise((resolve) => setTimeout(resolve, outputLimits.lastOutputMs))])
    end(socket, how)
  })
  socket.once('close', () => killGroup(child))
  input?.on('error', () => input.destroy())
  return (kind, bytes) => {
    switch (kind) {
      case 'stdin':
        if (input === undefined || input.destroyed || input.write(bytes)) return
        socket.pause()
        input.once('drain', () => socket.resume())
        return
      case 'closed stdin':
        // A pipe has no half to be shut: it is closed once everything is in it.
        input?.write('', () => input.destroy())
        return
      case 'resize':
        resizeTerminal(child.pid, JSON.parse(bytes.toString('utf8')))
        return
      default:
    }
  }
}

let count = 0

/** At the pace of whoever reads. */
function forward(from: Socket, to: Socket, name: 'stdout' | 'stderr'): Promise<void> {
  from.on('data', (chunk: Buffer) => {
    if (to.destroyed || to.write(frame(name, chunk))) return
    from.pause()
    to.once('drain', () => from.resume())
  })
  to.once('close', () => from.destroy())
  from.on('error', () => from.destroy())
  return new Promise((resolve) => from.once('close', () => resolve()))
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}
