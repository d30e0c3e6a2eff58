// The agent's own API on the node's address: logs and whatever else its kubelet answers, for the API server and nobody
// else. It begins once the cluster has given a serving certificate, and takes over each new one.
import { join } from 'node:path'
import { askCertificate } from '../../agent/join/ask-certificate.ts'
import { userOf } from '../../agent/join/certificate-request.ts'
import { JoinRefused } from '../../agent/join/join-refused.ts'
import { KeptCertificate } from '../../agent/join/kept-certificate.ts'
import type { NodeIdentity } from '../../agent/join/node-identity.ts'
import type { ApiRequest, ApiResponse, Send } from '../../api/wire.ts'
import { createAuthenticator } from '../../apiserver/identity/authenticate.ts'
import { type Listening, listen } from '../../apiserver/listen.ts'
import { ListenError } from '../../apiserver/listen-error.ts'
import { negotiate, upgradeHeaders } from '../../apiserver/streaming/negotiate.ts'
import type { Log } from '../../base/log.ts'
import { sessionProtocol } from '../host/remote/dial.ts'
import { kubeletClientUser } from '../host/remote/kubelets.ts'
import { systemClock, systemRandom } from '../host/system.ts'

export interface OwnApiOptions {
  readonly identity: NodeIdentity
  readonly nodeName: string
  readonly nodeIP: string
  /** Undefined: the usual one, or any free one where that is taken. */
  readonly port: number | undefined
  readonly directory: string
  readonly handle: Send
  readonly log: Log
  /** It listens. */
  readonly onPort: (port: number) => void
}

/** Upstream: KubeletPort. */
const usualPort = 10250

/** Until `signal` is aborted. */
export async function serveOwnApi(options: OwnApiOptions, signal: AbortSignal): Promise<void> {
  const { identity, nodeName, directory, log } = options
  let listening: Listening | undefined
  const certificate = new KeptCertificate({
    path: join(directory, 'kubelet-server-current.pem'),
    clock: systemClock,
    random: systemRandom,
    log,
    fits: (found) =>
      found.subject.split('\n').includes(`CN=${userOf(nodeName)}`) && found.checkHost(nodeName) !== undefined,
    ask: (signal) =>
      askCertificate(
        { client: identity.client, clock: systemClock, random: systemRandom, log, nodeName, use: 'server' },
        signal,
      ).catch((error: unknown) => {
        // Pods run without it: only their logs and shells cannot be had. Tomorrow's answer may be another.
        throw error instanceof JoinRefused ? new Error(error.message, { cause: error }) : error
      }),
    onChange: (pair) => listening?.useCertificate(pair),
  })
  await certificate.load()
  await certificate.have(signal)
  const pair = certificate.current
  if (pair === undefined) return
  listening = await bound(options, pair)
  options.onPort(listening.port)
  try {
    await certificate.keep(signal)
  } finally {
    await listening.close()
  }
}

async function bound(options: OwnApiOptions, server: { certificate: string; key: string }): Promise<Listening> {
  const { identity, nodeIP: host, port, log } = options
  const begin = (port: number) =>
    listen({
      handle: forApiserverOnly(options.handle),
      authenticate: createAuthenticator({ clock: systemClock }),
      tls: { server, authority: identity.authority },
      host,
      port,
      log,
    })
  try {
    return await begin(port ?? usualPort)
  } catch (error) {
    const isTaken = error instanceof ListenError && error.failure === 'in-use'
    if (!isTaken || port !== undefined) throw error
    log.warn('port taken', { port: usualPort, instead: 'any free one' })
    return begin(0)
  }
}

/** Upstream: pkg/kubelet/server/server.go, InstallAuthFilter. There everybody with a right on nodes/proxy may ask. */
export function forApiserverOnly(handle: Send): Send {
  return async (request) => {
    const name = request.user?.name ?? 'system:anonymous'
    if (name === kubeletClientUser || request.path === '/healthz') return carried(request, await handle(request))
    return forbidden(
      `Forbidden (user=${name}, verb=${verbs[request.method] ?? 'get'}, resource=nodes, subresource=proxy)`,
    )
  }
}

/** A session goes on over what the API server offers; it is ours, and speaks one protocol. */
function carried(request: ApiRequest, answer: ApiResponse): ApiResponse {
  if (answer.upgrade === undefined) return answer
  return { ...answer, headers: upgradeHeaders(negotiate(request, [sessionProtocol], [])) }
}

const verbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }

function forbidden(text: string): ApiResponse {
  return { status: 403, headers: { 'content-type': 'text/plain' }, body: { kind: 'bytes', bytes: Buffer.from(text) } }
}
