// A request and its answer, without a socket: the API server is a function between the two, the client calls it, and
// HTTP, an in-process call and the simulator's network are three ways to carry them.

import type { Session } from './session.ts'

/** Who asks: set by whoever authenticated the request, never by the request itself. */
export interface User {
  readonly name: string
  readonly uid?: string
  readonly groups: readonly string[]
  /** What else is known of them: the pod of a service account's token, the id of a credential. */
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

export interface ApiRequest {
  /** Upper case: GET, POST, PUT, PATCH, DELETE. */
  readonly method: string
  /** As it stands in the URL (percent-encoded), without the query. */
  readonly path: string
  readonly query: URLSearchParamsLike
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Empty when there is none. */
  readonly body: Uint8Array
  /** Undefined: nobody proved who they are. */
  readonly user: User | undefined
}

/** The part of the platform's URLSearchParams that the pure floor knows; a real one fits. */
export interface URLSearchParamsLike {
  get(name: string): string | null
  getAll(name: string): string[]
  has(name: string): boolean
}

export interface ApiResponse {
  readonly status: number
  /** Lower-case names. Several `warning` values are joined with ', '. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: ApiBody
  /** With 101: from here on the connection is no longer HTTP. */
  readonly upgrade?: Upgrade
}

export interface Upgrade {
  readonly session: Session
  /** Whoever carries it says that it is over, once. */
  readonly ended: () => void
}

export type ApiBody =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** Pieces of one body, written one after the other: a list made of stored objects, never joined. */
  | { readonly kind: 'slices'; readonly slices: readonly Uint8Array[] }
  /** A watch or a log: `start` is called once the headers are on their way; it returns the way to stop it. */
  | { readonly kind: 'stream'; readonly start: (sink: ByteSink) => () => void }

export interface ByteSink {
  /** False: the reader is behind by more than the sink's limit. A watch then ends; a log waits for `drained`. */
  write(chunk: Uint8Array): boolean
  /** Resolves when the reader has caught up (or is gone). */
  drained(): Promise<void>
  /** Ends the body cleanly. */
  end(): void
  /** Breaks the connection off: the reader must not take the body for complete. */
  destroy(): void
}

/** How a client reaches a server. It rejects only when no answer came (refused, reset); a refusal is an answer. */
export type Send = (request: ApiRequest) => Promise<ApiResponse>

/** A stream nobody will read is started and stopped: whoever made it has something to let go of. */
export function letGo(body: ApiBody): void {
  if (body.kind === 'stream') body.start({ write: () => false, drained: async () => {}, end() {}, destroy() {} })()
}
