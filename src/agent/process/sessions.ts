// exec, attach and port-forward of processes: the keeper enters the container, the agent carries the bytes. A pod has no
// network of its own here, so that a connection goes to the machine's loopback.

import { connect } from 'node:net'
import type { ContainerEnd, ContainerStreams, PortConnection } from '../../api/session.ts'
import type { Pod } from '../../api/types.ts'
import type { AbortSignalLike } from '../../base/clock.ts'
import { type ContainerPlace, RuntimeRefusal, type RuntimeSessions } from '../runtime.ts'
import { type FrameKind, frame, frameReader } from './frames.ts'
import type { KeeperClient } from './keeper-client.ts'
import { lineOf } from './lines.ts'
import type { MachineFound } from './machine.ts'
import type { RunName, SessionEnd, SessionOrder } from './orders.ts'
import { identityFor, ownerOf, privilegePrefix } from './security.ts'

export interface SessionParts {
  readonly keeper: KeeperClient
  readonly machine: MachineFound
  readonly runOf: (place: ContainerPlace) => RunName | undefined
  /** Resolves when the pod is removed, or the signal is aborted. */
  readonly removed: (pod: Pod, gone: AbortSignalLike) => Promise<void>
}

export function processSessions(parts: SessionParts): RuntimeSessions {
  const { keeper, machine, runOf, removed } = parts
  return {
    async exec(place, command, streams) {
      const run = runOf(place)
      if (run === undefined) return { ended: 'failure', message: 'the container does not run' }
      const tty = streams.resizes !== undefined
      const argv = execArguments(place, command, tty, machine)
      const owner = ownerOf(identityFor(place.pod, place.container, machine))
      const stdin = streams.stdin !== undefined
      const order = { session: 'exec', run, argv, pidPlaceholder, stdin, tty, owner } as const
      return session(keeper, order, streams)
    },
    async attach(place, streams) {
      const run = runOf(place)
      if (run === undefined) return { ended: 'failure', message: 'the container does not run' }
      return session(keeper, { session: 'attach', run }, streams)
    },
    connect: (_pod, port, connection) => forward(port, connection),
    sandboxClosed: removed,
  }
}

const pidPlaceholder = '%first-process%'

/** Into the namespaces of the container, as whom the container runs. */
function execArguments(
  place: ContainerPlace,
  command: readonly string[],
  tty: boolean,
  machine: MachineFound,
): string[] {
  const { pod, container } = place
  const identity = identityFor(pod, container, machine)
  const { bwrap, nsenter, script, setpriv, uid } = machine
  // Who is not root makes terminals outside: inside there are only the machine's, and nobody may make one of those.
  const makesOutside = bwrap !== undefined && uid !== 0
  const wanted = tty && !makesOutside ? throughTerminal(script, command) : command
  const missing = (program: string) =>
    new RuntimeRefusal('NotSupported', `exec needs ${program}: install it (Debian: apt-get install util-linux)`)
  const needsSetpriv = uid === 0 && !identity.privileged
  if (needsSetpriv && setpriv === undefined) throw missing('setpriv')
  const prefix = privilegePrefix({ ...identity, noNewPrivileges: bwrap !== undefined }, setpriv, 'plain')
  const directory = container.workingDir ?? '/'
  const inside = ['/bin/sh', '-c', 'cd "$0" && exec "$@"', directory, ...prefix, ...wanted]
  if (bwrap === undefined) return inside
  if (nsenter === undefined) throw missing('nsenter')
  const namespaces = ['--mount', '--pid', '--ipc', ...(uid === 0 ? [] : ['--user', '--preserve-credentials'])]
  const entering = [nsenter, '--target', pidPlaceholder, ...namespaces, '--root', '--', ...inside]
  return tty && makesOutside ? throughTerminal(script, entering) : entering
}

/** Node cannot make a terminal: `script` of util-linux can, and stands between. */
function throughTerminal(script: string | undefined, command: readonly string[]): string[] {
  if (script === undefined) {
    throw new RuntimeRefusal('NotSupported', 'a terminal needs script: install it (Debian: apt-get install bsdutils)')
  }
  const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`
  return [script, '--quiet', '--return', '--flush', '--command', command.map(quoted).join(' '), '/dev/null']
}

async function session(keeper: KeeperClient, order: SessionOrder, streams: ContainerStreams): Promise<ContainerEnd> {
  const socket = await keeper.open()
  const cutOff = () => socket.destroy()
  streams.gone.addEventListener('abort', cutOff)
  if (streams.gone.aborted) cutOff()
  socket.on('error', cutOff)
  socket.write(lineOf(order))
  void send(socket, streams)
  try {
    let ended: SessionEnd | undefined
    const arrived: [FrameKind, Buffer][] = []
    const hear = frameReader((kind, bytes) => arrived.push([kind, Buffer.from(bytes)]))
    // One chunk after the other, each at the pace of who takes it.
    for await (const chunk of socket) {
      hear(chunk as Buffer)
      for (const [kind, bytes] of arrived.splice(0)) {
        if (kind === 'stdout') await streams.stdout?.write(bytes)
        else if (kind === 'stderr') await (streams.stderr ?? streams.stdout)?.write(bytes)
        else if (kind === 'end') ended = JSON.parse(bytes.toString('utf8')) as SessionEnd
      }
    }
    if (ended === undefined) return { ended: 'failure', message: 'the connection to the container was cut off' }
    if ('failure' in ended) return { ended: 'failure', message: ended.failure }
    return { ended: 'exit', exitCode: ended.exitCode }
  } catch (error) {
    return { ended: 'failure', message: error instanceof Error ? error.message : String(error) }
  } finally {
    streams.gone.removeEventListener('abort', cutOff)
    socket.destroy()
  }
}

type Connection = Awaited<ReturnType<KeeperClient['open']>>

async function send(socket: Connection, { stdin, resizes }: ContainerStreams): Promise<void> {
  const sendResizes = async () => {
    for await (const size of resizes ?? []) socket.write(frame('resize', Buffer.from(JSON.stringify(size))))
  }
  void sendResizes().catch(() => {})
  if (stdin === undefined) return
  try {
    for await (const bytes of stdin) {
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        const isTaken = socket.write(frame('stdin', bytes.subarray(at, at + pieceBytes)))
        if (!isTaken && !socket.destroyed) await drained(socket)
      }
      if (socket.destroyed) return
    }
    if (!socket.destroyed) socket.write(frame('closed stdin'))
  } catch {
    socket.destroy()
  }
}

const pieceBytes = 64 * 1024

function drained(socket: Connection): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.once('drain', done)
    socket.once('close', done)
  })
}

async function forward(port: number, connection: PortConnection): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ECONNREFUSED' ? 'connection refused' : error.message
      reject(new RuntimeRefusal('Refused', `dial tcp4 127.0.0.1:${port}: connect: ${why}`))
    })
  })
  const cutOff = () => socket.destroy()
  connection.gone.addEventListener('abort', cutOff)
  socket.on('error', cutOff)
  const sending = (async () => {
    for await (const bytes of connection.input) {
      if (socket.destroyed) return
      if (!socket.write(bytes)) await drained(socket)
    }
    socket.end()
  })().catch(cutOff)
  try {
    for await (const chunk of socket) if (!(await connection.output.write(chunk as Buffer))) break
    connection.output.end()
    // The other half may still be on its way.
    if (!socket.destroyed) await sending
  } catch {
    // Broken off: the other end sees it end.
    connection.output.end()
  } finally {
    connection.gone.removeEventListener('abort', cutOff)
    socket.destroy()
  }
}
