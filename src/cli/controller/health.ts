// /metrics, /healthz, /livez and /readyz over plain HTTP: on loopback unless the flags say otherwise, because nobody is
// asked who they are.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CommandError } from '../command-error.ts'
import type { ControllerMetrics } from './metrics.ts'

export interface HealthServer {
  /** `127.0.0.1:10358`. */
  readonly address: string
  close(): Promise<void>
}

export const healthLimits = {
  /** Probes and one or two collectors: whoever opens more holds something up. */
  connections: 64,
  requestMs: 10_000,
} as const

export async function serveHealth(
  { host, port }: { readonly host: string; readonly port: number },
  metrics: Pick<ControllerMetrics, 'ailment' | 'isReady' | 'text'>,
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    answer(request, response, metrics).catch(() => response.destroy())
  })
  server.maxConnections = healthLimits.connections
  server.requestTimeout = healthLimits.requestMs
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'the port is taken; choose another with --listen' : cause.message
      reject(new CommandError(`listen on ${host}:${port}: ${why}`, { cause }))
    })
    server.listen(port, host, resolve)
  })
  const { port: bound } = server.address() as AddressInfo
  return {
    address: `${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  metrics: Pick<ControllerMetrics, 'ailment' | 'isReady' | 'text'>,
): Promise<void> {
  const say = (status: number, text: string, contentType = 'text/plain; charset=utf-8') => {
    response.writeHead(status, { 'content-type': contentType, 'x-content-type-options': 'nosniff' })
    response.end(request.method === 'HEAD' ? undefined : text)
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return say(405, 'method not allowed\n')
  const ailment = metrics.ailment()
  switch ((request.url ?? '').split('?')[0]) {
    case '/healthz':
    case '/livez':
      return ailment === undefined ? say(200, 'ok') : say(500, `${ailment}\n`)
    case '/readyz':
      return ailment === undefined && metrics.isReady() ? say(200, 'ok') : say(500, `${ailment ?? 'not ready yet'}\n`)
    case '/metrics': {
      const { text, contentType } = await metrics.text()
      return say(200, text, contentType)
    }
    default:
      return say(404, 'not found: there are /metrics, /healthz, /livez and /readyz\n')
  }
}
