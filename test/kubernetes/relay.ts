// Between Kubernetes' scheduler and our API server: the scheduler begins only when it has seen the lists of a few kinds
// that we do not serve, and here they are empty. Everything else is passed on as it is.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { request as secureRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Connection } from '../../src/client/kubeconfig.ts'

export interface Relay {
  /** Without encryption, on loopback. */
  readonly url: string
  close(): Promise<void>
}

const notServed: ReadonlyMap<string, string> = new Map([
  ['/apis/storage.k8s.io/v1/csinodes', 'CSINode'],
  ['/apis/resource.k8s.io/v1/deviceclasses', 'DeviceClass'],
  ['/apis/resource.k8s.io/v1/resourceclaims', 'ResourceClaim'],
  ['/apis/resource.k8s.io/v1/resourceslices', 'ResourceSlice'],
])

/** As the one whose certificate stands in `to`. */
export async function startRelay({ server, ca, clientCertificate, clientKey }: Connection): Promise<Relay> {
  const relay = createServer((asked, answer) => {
    const url = new URL(asked.url ?? '/', server)
    const kind = notServed.get(url.pathname)
    if (kind !== undefined) answerEmpty(kind, url, answer)
    else passOn(asked, url, answer)
  })
  function passOn(asked: IncomingMessage, url: URL, answer: ServerResponse): void {
    const { method, headers } = asked
    const onwards = secureRequest(url, { method, headers, ca, cert: clientCertificate, key: clientKey }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers)
      answer.flushHeaders()
      reply.pipe(answer)
    })
    onwards.on('error', () => answer.destroy())
    answer.on('close', () => onwards.destroy())
    asked.pipe(onwards)
  }
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(relay.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        relay.close(() => resolve())
        relay.closeAllConnections()
      }),
  }
}

function answerEmpty(kind: string, { pathname, searchParams }: URL, answer: ServerResponse): void {
  const apiVersion = pathname.split('/').slice(2, 4).join('/')
  answer.writeHead(200, { 'content-type': 'application/json' })
  if (searchParams.get('watch') !== 'true') {
    answer.end(JSON.stringify({ kind: `${kind}List`, apiVersion, metadata: { resourceVersion: '1' }, items: [] }))
    return
  }
  answer.flushHeaders()
  if (searchParams.get('sendInitialEvents') !== 'true') return
  const metadata = { resourceVersion: '1', annotations: { 'k8s.io/initial-events-end': 'true' } }
  answer.write(`${JSON.stringify({ type: 'BOOKMARK', object: { kind, apiVersion, metadata } })}\n`)
}
