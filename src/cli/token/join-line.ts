// The one line that makes a machine a node: where the server is, a token, and the hash by which the server is known.
import { isIP } from 'node:net'
import { caHashOf } from '../../agent/join/ca-hash.ts'
import { endpoints, secrets } from '../../api/resources.ts'
import { reasonOf } from '../../api/status.ts'
import { parseTime } from '../../api/time.ts'
import type { ApiObject } from '../../api/types.ts'
import type { Client } from '../../client/client.ts'
import { newToken, type TokenSecret, tokenFacts, tokenSecret } from './bootstrap-token.ts'

export interface JoinLine {
  readonly server: string
  readonly token: string
  /** PEM. */
  readonly ca: string
}

export function joinLine({ server, token, ca }: JoinLine): string {
  return `everynode agent --server ${server} --token ${token} --ca-hash ${caHashOf(ca)}`
}

/** What the server's own line is worth. Upstream: kubeadm's DefaultTokenDuration. */
export const tokenLifeMs = 24 * 3_600_000
/** With less than this left, a server that starts makes another one. */
const tokenLeftMs = tokenLifeMs / 2

const ownLabel = 'everynode.dev/join-line'

/** The token of the line that `everynode server` prints: the same after a restart, while it has time left. */
export async function serversToken(client: Client, nowMs: number): Promise<string> {
  const { items } = await client.list<TokenSecret>(secrets, { namespace: 'kube-system', labelSelector: ownLabel })
  for (const item of items) {
    const facts = tokenFacts(item)
    const endMs = parseTime(facts?.expiration ?? '')
    const isGoing = item.metadata.deletionTimestamp !== undefined
    if (facts !== undefined && endMs !== undefined && endMs - nowMs > tokenLeftMs && !isGoing) return facts.token
  }
  const token = newToken()
  const description = 'made by everynode server for the line it prints'
  const labels = { [ownLabel]: 'true' }
  await client.create(secrets, tokenSecret({ token, expiresMs: nowMs + tokenLifeMs, description, labels }))
  return token
}

interface Endpoints extends ApiObject {
  subsets?: { addresses?: { ip: string }[]; ports?: { port: number }[] }[]
}

/** As other machines reach it: what the server has announced, where we know it by loopback. */
export async function serverForOthers(client: Client, server: string): Promise<string> {
  if (!isLoopback(new URL(server).hostname)) return server
  try {
    const { subsets = [] } = await client.get<Endpoints>(endpoints, { namespace: 'default', name: 'kubernetes' })
    const [ip, port] = [subsets[0]?.addresses?.[0]?.ip, subsets[0]?.ports?.[0]?.port]
    if (ip === undefined || port === undefined || isLoopback(ip)) return server
    return `https://${isIP(ip) === 6 ? `[${ip}]` : ip}:${port}`
  } catch (error) {
    if (reasonOf(error) === 'NotFound' || reasonOf(error) === 'Forbidden') return server
    throw error
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.startsWith('127.') || host === '[::1]' || host === '::1'
}
