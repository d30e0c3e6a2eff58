// The address under which this machine is known to its cluster: the one it reaches the server from, which is on the right
// network where a machine has several.

import { connect } from 'node:net'

const limitMs = 5_000

/** Undefined where the server cannot be reached. */
export function addressTowards(server: URL): Promise<string | undefined> {
  return new Promise((resolve) => {
    const host = server.hostname.replace(/^\[|\]$/g, '')
    const socket = connect({ host, port: Number(server.port === '' ? 443 : server.port), timeout: limitMs })
    const end = (address: string | undefined) => {
      socket.destroy()
      resolve(address)
    }
    socket.once('connect', () => end(socket.localAddress?.replace(/^::ffff:/, '')))
    socket.once('timeout', () => end(undefined))
    socket.once('error', () => end(undefined))
  })
}
