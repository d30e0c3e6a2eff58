// What an exec, an attach or a port-forward may hold, and how long it may last.

const second = 1000
const kib = 1024

export const streamingLimits = {
  /** Open at one time, of everybody: each holds a connection and what waits for a reader. */
  sessions: 512,
  /** Without a byte either way. Upstream: streamingConnectionIdleTimeout of the kubelet. */
  idleMs: 4 * 60 * 60 * second,
  /** From the upgrade until a client has opened the streams it asked for. Upstream: DefaultStreamCreationTimeout. */
  creationMs: 30 * second,
  /** Of one message of a WebSocket. */
  messageBytes: 4 * 1024 * kib,
  /** What waits for a reader in the container: then the client waits. */
  stdinBytes: 256 * kib,
  /** Of what says how large a terminal is. */
  resizeBytes: 4 * kib,
  /** Ports in one request. */
  ports: 128,
  /** How long the end of a session may take to go out. */
  closeMs: 5 * second,
} as const

export type StreamingLimits = { readonly [Limit in keyof typeof streamingLimits]: number }
