// What an agent says to its keeper and hears from it: one JSON text a line, over a socket in a directory that nobody
// else may enter. The keeper is the small process that starts containers, keeps their output and learns how they end;
// it outlives the agent, as containerd outlives the kubelet.

import type { ContainerLogPlace } from '../logs/pod-log-place.ts'

/** Which run of which container. */
export interface RunName {
  readonly podUid: string
  readonly container: string
  readonly attempt: number
}

export type Mode = 'sandbox' | 'plain'

/** All that is needed to start a container. What to run is decided by the agent; the keeper only does it. */
export interface StartOrder {
  readonly run: RunName
  readonly mode: Mode
  readonly logs: ContainerLogPlace
  /** The wrapper; undefined where the command runs without a sandbox. */
  readonly wrapper: string | undefined
  /** What it is told, by a pipe: command lines are for everybody to see, and limited. */
  readonly wrapperOptions: readonly string[]
  /** What stands before the command inside: `setpriv …`. */
  readonly prefix: readonly string[]
  readonly command: readonly string[]
  /** On the machine: where the wrapper is started. */
  readonly directory: string
  readonly env: readonly (readonly [name: string, value: string])[]
  readonly cgroups: readonly CgroupOrder[]
  /** Undefined: as the agent's own. */
  readonly oomScoreAdj: number | undefined
  readonly stdin: boolean
  readonly stdinOnce: boolean
  /** Who writes to the output: pipes belong to them. */
  readonly owner: Owner | undefined
}

export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** A cgroup to be made, and what is to be written to its files. */
export interface CgroupOrder {
  readonly path: string
  readonly files: readonly (readonly [file: string, value: string])[]
  /** The file that counts kills for want of memory; undefined where none does. */
  readonly oomFile: string | undefined
}

export type Order =
  | { readonly do: 'start'; readonly order: StartOrder }
  | { readonly do: 'stop'; readonly run: RunName; readonly graceMs: number; readonly signal: string }
  /** Kills what runs of a pod and forgets it, and its logs if they are named. */
  | { readonly do: 'remove'; readonly podUid: string; readonly logs: { root: string; directory: string } | undefined }
  /** Everything there is. */
  | { readonly do: 'list' }
  /** The agent ends in good order: a keeper that keeps nothing may go at once. */
  | { readonly do: 'leave' }

/** What goes over the line besides the order itself. */
export type Asked = Order & { readonly ask: number }

export type Answer =
  | { readonly ask: number; readonly answer: unknown }
  | { readonly ask: number; readonly refusal: { readonly reason: string; readonly message: string } }
  /** Nobody has asked: a container has ended. */
  | { readonly told: 'exited'; readonly run: RunName; readonly exit: ExitFound }

export interface StartedFound {
  readonly startedAtMs: number
  /** It was started before, and has ended. */
  readonly exit: ExitFound | undefined
}

export interface ExitFound {
  readonly exitCode: number
  readonly reason: string
  readonly finishedAtMs: number
}

export interface RunFound {
  readonly run: RunName
  readonly startedAtMs: number
  /** Undefined: it runs. */
  readonly exit: ExitFound | undefined
}

/** The first line of a connection that is a session: what follows are frames. */
export type SessionOrder = ExecOrder | { readonly session: 'attach'; readonly run: RunName }

export interface ExecOrder {
  readonly session: 'exec'
  readonly run: RunName
  /** The whole command line; what stands in it for the first process of the container. */
  readonly argv: readonly string[]
  readonly pidPlaceholder: string
  readonly stdin: boolean
  readonly tty: boolean
  readonly owner: Owner | undefined
}

/** In the last frame. */
export type SessionEnd = { readonly exitCode: number } | { readonly failure: string }

export const orderLimits = {
  /** A line longer than this is no order. An environment may hold 2 MiB. */
  lineBytes: 8 * 1024 * 1024,
} as const

export function runKey({ podUid, container, attempt }: RunName): string {
  return `${podUid}/${container}/${attempt}`
}
