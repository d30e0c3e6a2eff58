// Why a server could not begin to listen: an expected refusal, told with the address it was about.

export type ListenFailure = 'in-use' | 'not-permitted' | 'no-such-address' | 'other'

export class ListenError extends Error {
  override name = 'ListenError'
  readonly failure: ListenFailure
  /** `127.0.0.1:6443`. */
  readonly address: string

  constructor(failure: ListenFailure, address: string, cause: Error) {
    super(`listen on ${address}: ${texts[failure] ?? cause.message}`, { cause })
    this.failure = failure
    this.address = address
  }
}

const texts: Readonly<Record<ListenFailure, string | undefined>> = {
  'in-use': 'the port is in use by another program',
  'not-permitted': 'not permitted (ports below 1024 need privileges)',
  'no-such-address': 'this machine has no such address',
  other: undefined,
}

const failures: Readonly<Record<string, ListenFailure>> = {
  EADDRINUSE: 'in-use',
  EACCES: 'not-permitted',
  EADDRNOTAVAIL: 'no-such-address',
  ENOTFOUND: 'no-such-address',
}

export function listenError(host: string, port: number, cause: NodeJS.ErrnoException): ListenError {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  return new ListenError(failures[cause.code ?? ''] ?? 'other', address, cause)
}
