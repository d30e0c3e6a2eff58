// What one SPDY connection may hold at a time, and where it ends otherwise.

const kib = 1024

export const spdyLimits = {
  /** Of one frame that comes. Clients of Kubernetes write pieces of 32 KiB. */
  frameBytes: 1024 * kib,
  /** Of a control frame: all of them are small. */
  controlBytes: 64 * kib,
  /** Of one block of headers, decompressed. */
  headerBytes: 64 * kib,
  /** Open at one time; two for each forwarded connection. The next one is refused. */
  streams: 1024,
  /** Of one stream that waits for its reader: then the whole connection waits. */
  streamBytes: 256 * kib,
  /** Of one frame that we write: other streams come between. */
  writeBytes: 32 * kib,
  /** From our last word until the client has closed: then it is closed from here. */
  goodbyeMs: 2000,
} as const
