// Whether a port of the pod takes connections. Upstream: pkg/probe/tcp/tcp.go.

import { connect } from 'node:net'
import type { Clock } from '../../base/clock.ts'
import { dialError, hostPort } from './dial-error.ts'

/** Undefined: somebody answers; else why not. */
export function tcpProblem(host: string, port: number, clock: Clock, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const cancel = clock.after(timeoutMs, () => end(`dial tcp ${hostPort(host, port)}: i/o timeout`))
    socket.on('connect', () => end(undefined))
    socket.on('error', (error) => end(dialError(error, host, port)))
    function end(problem: string | undefined): void {
      cancel()
      socket.destroy()
      resolve(problem)
    }
  })
}
