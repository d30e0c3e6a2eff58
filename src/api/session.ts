// What an exec, an attach or a port-forward is once the protocol that carries it has been taken off: bytes that go into
// a container or a port and bytes that come out, each at the pace of its reader. Whoever runs containers implements it;
// whoever has the socket carries it (WebSocket, SPDY, or neither, in one process).

import type { AbortSignalLike } from '../base/clock.ts'
import type { ByteWriter } from '../base/pipe.ts'

export type Session = ContainerSession | PortSession

/** exec and attach: W12.5. */
export interface ContainerSession {
  readonly kind: 'container'
  /** Which of them somebody asked for: the others are undefined in `run`. */
  readonly wants: StreamChoice
  /** Called once; resolves when the command has ended, and not before everything it wrote was taken. */
  run(streams: ContainerStreams): Promise<ContainerEnd>
}

export interface StreamChoice {
  readonly stdin: boolean
  readonly stdout: boolean
  /** Never together with a terminal: there is one output then. */
  readonly stderr: boolean
  readonly tty: boolean
}

export interface ContainerStreams {
  readonly stdin: AsyncIterable<Uint8Array> | undefined
  readonly stdout: ByteWriter | undefined
  readonly stderr: ByteWriter | undefined
  /** The size of the terminal at the other end, each time it changes. */
  readonly resizes: AsyncIterable<TerminalSize> | undefined
  /** Aborted when nobody is at the other end any more. */
  readonly gone: AbortSignalLike
}

export interface TerminalSize {
  readonly width: number
  readonly height: number
}

export type ContainerEnd =
  | { readonly ended: 'exit'; readonly exitCode: number }
  /** It could not be run at all, or was cut off. */
  | { readonly ended: 'failure'; readonly message: string }

/** port-forward: any number of connections, each to one port of the pod. */
export interface PortSession {
  readonly kind: 'ports'
  /** For protocols that name their ports in the request rather than with each connection. */
  readonly ports: readonly number[]
  /** Resolves when the connection is over; a text says what went wrong with it. */
  connect(port: number, connection: PortConnection): Promise<string | undefined>
  /** Resolves when the pod no longer runs; `gone`: nobody asks any more. */
  over(gone: AbortSignalLike): Promise<void>
}

export interface PortConnection {
  readonly input: AsyncIterable<Uint8Array>
  readonly output: ByteWriter
  readonly gone: AbortSignalLike
}
