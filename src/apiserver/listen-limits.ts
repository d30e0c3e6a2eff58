// Everything about a connection that could grow or last without end, and where it ends.

const second = 1000
const kib = 1024
const mib = 1024 * kib

export const listenLimits = {
  connections: 10_000,
  /** Watches and requests at one time on one HTTP/2 connection; a client opens another one for more. */
  streamsPerConnection: 100,
  handshakeMs: 10 * second,
  headerBytes: 64 * kib,
  headersMs: 10 * second,
  /** W1.4. */
  bodyBytes: 3 * mib,
  /** Of a body that is too large, read and thrown away so that the client gets to read the refusal. */
  discardedBytes: 32 * mib,
  /** For the whole body of a request. */
  bodyMs: 60 * second,
  /** A connection without any request; longer than clients keep theirs (W1.1). */
  idleMs: 5 * 60 * second,
  /** What a watch may run ahead of its reader (wire.ts, ByteSink.write). */
  streamBufferBytes: 4 * mib,
  /** How long an answer may wait for a reader that takes nothing. */
  stallMs: 60 * second,
  /** W1.3: smaller bodies travel as they are. */
  gzipAboveBytes: 128 * kib,
  /** Pieces of an answer are gathered up to here before they are written. */
  writeBytes: 64 * kib,
  /** How long `close` waits for requests in hand. */
  closeMs: 5 * second,
} as const

export type ListenLimits = { readonly [Limit in keyof typeof listenLimits]: number }
