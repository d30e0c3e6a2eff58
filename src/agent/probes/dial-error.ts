// Why a connection could not be made, as Go's net package says it: people search for these words.

import { isIPv6 } from 'node:net'

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
}

/** `dial tcp 10.0.0.2:80: connect: connection refused`; of a connection that broke off, `EOF`. */
export function dialError(error: unknown, host: string, port: number): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ECONNRESET')
    return error instanceof Error && error.message === 'socket hang up' ? 'EOF' : 'read: connection reset by peer'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `dial tcp: lookup ${host}: no such host`
  const said = words[code]
  if (said === undefined) return error instanceof Error ? error.message : String(error)
  return `dial tcp ${hostPort(host, port)}: ${said}`
}

export function hostPort(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}
