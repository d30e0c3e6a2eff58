// The agents of other machines, as the API server reaches them: by the address and port their Node says, with a
// certificate that says it is the API server, and only if they show one of that very node.
// Upstream: pkg/kubelet/client/kubelet_client.go.
import type { PeerCertificate } from 'node:tls'
import { nodes } from '../../../api/resources.ts'
import type { Node } from '../../../api/types.ts'
import type { Send } from '../../../api/wire.ts'
import type { Authority } from '../../../apiserver/identity/authority.ts'
import { parseStored, storeKey } from '../../../apiserver/stored.ts'
import type { Clock } from '../../../base/clock.ts'
import type { CredentialSource } from '../../../client/credentials.ts'
import { httpSend } from '../../../client/http.ts'
import type { Store } from '../../../store/store.ts'
import { isSession, openRemoteSession } from './sessions.ts'

/** Agents answer to this name; it has no rights on the API server. */
export const kubeletClientUser = 'kube-apiserver-kubelet-client'

export interface RemoteKubelets {
  /** Undefined: the node is not there, or its agent listens nowhere. */
  kubelet(nodeName: string): Send | undefined
  close(): Promise<void>
}

export interface RemoteKubeletsOptions {
  readonly store: Pick<Store, 'get'>
  readonly authority: Authority
  readonly clock: Pick<Clock, 'now'>
}

export const remoteKubeletLimits = {
  /** Nodes whose connections are kept; then the one that was asked first makes room. */
  nodes: 1000,
  /** How long a client certificate is used before it is asked whether it is near its end. */
  credentialMs: 3_600_000,
} as const

interface Known {
  readonly server: string
  readonly http: ReturnType<typeof httpSend>
  readonly send: Send
}

export function createRemoteKubelets({ store, authority, clock }: RemoteKubeletsOptions): RemoteKubelets {
  const known = new Map<string, Known>()
  const credentials = apiserverCredentials(authority, clock)

  function forget(nodeName: string): void {
    const gone = known.get(nodeName)
    known.delete(nodeName)
    void gone?.http.close()
  }

  return {
    kubelet(nodeName) {
      const record = store.get(nodes.collection, storeKey(undefined, nodeName))
      const server = record === undefined ? undefined : kubeletServer(parseStored<Node>(record.bytes))
      const found = known.get(nodeName)
      if (found !== undefined && found.server === server) return found.send
      forget(nodeName)
      if (server === undefined) return undefined
      const [oldest] = known.keys()
      if (known.size >= remoteKubeletLimits.nodes && oldest !== undefined) forget(oldest)
      const whyNotServer = (certificate: PeerCertificate) => whyNotNode(certificate, nodeName)
      const place = { server, ca: authority.certificate, credentials, whyNotServer }
      const http = httpSend(place)
      const send: Send = (request) => (isSession(request) ? openRemoteSession(place, request) : http.send(request))
      known.set(nodeName, { server, http, send })
      return send
    },
    async close() {
      await Promise.all([...known.values()].map(({ http }) => http.close()))
    },
  }
}

/** An address may be anybody's by now; the name in the certificate is the node's for as long as it is valid. */
export function whyNotNode({ subject }: Pick<PeerCertificate, 'subject'>, nodeName: string): string | undefined {
  // Of several names Node makes a list, whatever its types say.
  const name: unknown = subject?.CN
  if (name === `system:node:${nodeName}`) return undefined
  return `whoever answers there is ${String(name)}, not node "${nodeName}"`
}

/** In the order in which addresses are tried; only the first is. */
const addressTypes = ['InternalIP', 'ExternalIP', 'Hostname'] as const

export function kubeletServer({ status }: Node): string | undefined {
  const port = status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0
  const { addresses = [] } = status ?? {}
  const [address] = addressTypes.flatMap((type) => addresses.filter((one) => one.type === type))
  if (port === 0 || address === undefined) return undefined
  const host = address.address.includes(':') ? `[${address.address}]` : address.address
  return URL.canParse(`https://${host}:${port}`) ? `https://${host}:${port}` : undefined
}

/** Made when the first agent is asked: a cluster of simulated nodes needs none. */
function apiserverCredentials(authority: Authority, clock: Pick<Clock, 'now'>): CredentialSource {
  let current: ReturnType<CredentialSource['current']> | undefined
  let sinceMs = Number.NEGATIVE_INFINITY
  return {
    current() {
      if (current === undefined || clock.now() - sinceMs > remoteKubeletLimits.credentialMs) {
        sinceMs = clock.now()
        current = authority
          .clientCertificate({ user: kubeletClientUser, groups: [] }, 'apiserver-kubelet-client')
          .then(({ certificate, key }) => ({ token: undefined, clientCertificate: certificate, clientKey: key }))
        current.catch(() => {
          current = undefined
        })
      }
      return current
    },
    refused() {},
  }
}
