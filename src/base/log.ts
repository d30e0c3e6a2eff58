// A log line is one event with fields, never a paragraph. This is only its shape: who writes it is handed in.

export interface Log {
  debug(event: string, fields?: Readonly<Record<string, unknown>>): void
  info(event: string, fields?: Readonly<Record<string, unknown>>): void
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void
  error(event: string, fields?: Readonly<Record<string, unknown>>): void
  /** The same log with these fields on every line. */
  child(fields: Readonly<Record<string, unknown>>): Log
}

/** Says nothing: for tests, and for parts that nobody listens to. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
}
