// Whom to trust, asked of a server that is not trusted yet: its authority is believed if its key has the hash that the
// join line named, and nothing is sent over the connection but that question.
// Upstream: cmd/kubeadm/app/discovery/token.

import { X509Certificate } from 'node:crypto'
import type { Send } from '../../api/wire.ts'
import { readBody } from '../../client/body.ts'
import { apiRequest } from '../../client/request.ts'
import { Unreachable } from '../../client/unreachable.ts'
import { caHashOf } from './ca-hash.ts'
import { JoinRefused } from './join-refused.ts'

export const discoveryLimits = {
  /** More is no authority's certificate. */
  answerBytes: 64 * 1024,
} as const

/** PEM. Rejects with JoinRefused where the server has another authority, with Unreachable where nobody answers. */
export async function discoverAuthority(untrusted: Send, caHash: string, userAgent: string): Promise<string> {
  const answer = await untrusted(apiRequest({ method: 'GET', path: '/cacerts' }, userAgent, undefined))
  const text = (await readBody(answer.body)).subarray(0, discoveryLimits.answerBytes).toString('utf8')
  if (answer.status >= 500) throw new Unreachable(`GET /cacerts: the server answered ${answer.status}`, undefined)
  if (answer.status !== 200) throw new JoinRefused(`the server answered ${answer.status} to /cacerts: is it everynode?`)
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  const found = certificates.filter(isAuthority)
  const pinned = found.find((certificate) => caHashOf(certificate) === caHash)
  if (pinned !== undefined) return `${pinned}\n`
  const has = found.length === 0 ? 'it shows no authority' : `it has ${found.map(caHashOf).join(', ')}`
  throw new JoinRefused(
    `the server is not the one that was meant: --ca-hash is ${caHash}, ${has}. ` +
      'Either the address is wrong, or somebody stands between; `everynode token create` on the server has the right line',
  )
}

function isAuthority(pem: string): boolean {
  try {
    return new X509Certificate(pem).ca
  } catch {
    return false
  }
}
