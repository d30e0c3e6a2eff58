// exec, attach and port-forward of simulated containers: a toy shell, the simulated log, a page that says what it is.

import type { ContainerEnd, ContainerStreams } from '../../api/session.ts'
import type { Container, Pod } from '../../api/types.ts'
import type { ByteSink } from '../../api/wire.ts'
import type { AbortSignalLike, Clock } from '../../base/clock.ts'
import { type ContainerLog, type ContainerPlace, RuntimeRefusal, type RuntimeSessions } from '../runtime.ts'
import { servePage } from './page.ts'
import { ioOf } from './shell/io.ts'
import { runCommand } from './shell/shell.ts'

export interface SessionParts {
  readonly clock: Clock
  readonly nodeName: string
  /** Aborted when this run of the container ends; undefined: it has ended. */
  readonly containerEnds: (place: ContainerPlace) => AbortSignal | undefined
  /** Aborted when the pod is gone from the node; undefined: it is gone. */
  readonly podEnds: (pod: Pod) => AbortSignal | undefined
  readonly log: (place: ContainerPlace) => ContainerLog | undefined
}

/** 128 and the number of SIGKILL: its container ended. */
const killed: ContainerEnd = { ended: 'exit', exitCode: 137 }

export function simulatedSessions(parts: SessionParts): RuntimeSessions {
  const { clock, nodeName } = parts
  return {
    async exec(place, command, streams) {
      const ends = parts.containerEnds(place)
      if (ends === undefined) return { ended: 'failure', message: 'the container does not run' }
      if (command.length === 0) return { ended: 'failure', message: 'no command was given' }
      const { signal, release } = either(streams.gone, ends)
      const variables = variablesOf(place)
      const tty = streams.resizes !== undefined
      const io = ioOf({ ...streams, gone: signal }, { tty, clock, variables })
      const ran = runCommand(command, io).then((exitCode): ContainerEnd => ({ ended: 'exit', exitCode }))
      return Promise.race([ran, aborted(signal).then(() => killed)]).finally(release)
    },

    async attach(place, streams) {
      const log = parts.log(place)
      const ends = parts.containerEnds(place)
      if (log === undefined || ends === undefined) return { ended: 'failure', message: 'the container does not run' }
      // Nobody in there reads it.
      if (streams.stdin !== undefined) void discard(streams.stdin)
      await follow(log, streams)
      return { ended: 'exit', exitCode: 0 }
    },

    async connect(pod, port, connection) {
      const container = containerOnPort(pod, port)
      if (container === undefined || parts.podEnds(pod) === undefined) {
        throw new RuntimeRefusal('Refused', `dial tcp4 127.0.0.1:${port}: connect: connection refused`)
      }
      const { namespace = '', name = '' } = pod.metadata
      await servePage(connection, { namespace, pod: name, container: container.name, node: nodeName, port })
    },

    async sandboxClosed(pod, gone) {
      const ends = parts.podEnds(pod)
      if (ends === undefined) return
      const { signal, release } = either(gone, ends)
      await aborted(signal)
      release()
    },
  }
}

function containerOnPort({ spec }: Pod, port: number): Container | undefined {
  return spec.containers.find(({ ports = [] }) =>
    ports.some(({ containerPort, protocol = 'TCP' }) => containerPort === port && protocol === 'TCP'),
  )
}

/** What the pod's author wrote down; values from elsewhere are nobody's here. */
function variablesOf({ pod, container }: ContainerPlace): Map<string, string> {
  const variables = new Map([['HOSTNAME', String(pod.spec.hostname ?? pod.metadata.name ?? '')]])
  for (const { name, value } of container.env ?? []) {
    if (value !== undefined) variables.set(name, value)
  }
  return variables
}

/** Resolves when the log has ended or the reader is gone. */
function follow(log: ContainerLog, { stdout, gone, resizes }: ContainerStreams): Promise<void> {
  return new Promise((resolve) => {
    let taken: Promise<unknown> = Promise.resolve()
    const sink: ByteSink = {
      write(chunk) {
        const isTerminal = resizes !== undefined
        const bytes = isTerminal ? Buffer.from(Buffer.from(chunk).toString('utf8').replaceAll('\n', '\r\n')) : chunk
        taken = stdout?.write(bytes) ?? Promise.resolve()
        // At the reader's pace: the next line waits for this one.
        return false
      },
      drained: () => taken.then(() => {}),
      end: () => resolve(),
      destroy: () => resolve(),
    }
    const stop = log.read({ follow: true, timestamps: false, tailLines: 0 }, sink)
    void aborted(gone).then(() => {
      stop()
      resolve()
    })
  })
}

async function discard(stdin: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of stdin);
}

function aborted(signal: AbortSignalLike): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', resolve)
  })
}

/** Aborted as soon as one of them is; `release` lets go of both. */
function either(one: AbortSignalLike, other: AbortSignalLike): { signal: AbortSignal; release: () => void } {
  const both = new AbortController()
  const abort = () => both.abort()
  if (one.aborted || other.aborted) abort()
  one.addEventListener('abort', abort)
  other.addEventListener('abort', abort)
  return {
    signal: both.signal,
    release: () => {
      one.removeEventListener('abort', abort)
      other.removeEventListener('abort', abort)
    },
  }
}
