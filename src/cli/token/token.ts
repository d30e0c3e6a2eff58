// Tokens by which machines join: made, listed and taken back. Printed as kubeadm prints them.
// Upstream: cmd/kubeadm/app/cmd/token.go.
import { bootstrapTokenNamespace, bootstrapTokenType } from '../../api/bootstrap-tokens.ts'
import { secrets } from '../../api/resources.ts'
import { reasonOf } from '../../api/status.ts'
import { parseTime } from '../../api/time.ts'
import { CommandError } from '../command-error.ts'
import { type ConnectFlags, findConnection, withClient } from '../connect.ts'
import { elastic, tableSpacing } from '../print/elastic.ts'
import { newToken, secretName, type TokenSecret, tokenFacts, tokenForm, tokenSecret } from './bootstrap-token.ts'
import { joinLine, serverForOthers } from './join-line.ts'

export interface CreateTokenFlags extends ConnectFlags {
  /** 0: it has no end. */
  readonly ttl: number
  readonly description: string
  readonly tokenOnly?: boolean
}

export async function createToken(given: string | undefined, flags: CreateTokenFlags): Promise<void> {
  if (given !== undefined && !tokenForm.test(given)) {
    throw new CommandError(`the bootstrap token "${given}" was not of the form "[a-z0-9]{6}.[a-z0-9]{16}"`)
  }
  const token = given ?? newToken()
  const { ca } = findConnection(flags, process.env)
  if (ca === undefined && flags.tokenOnly !== true) {
    throw new CommandError('the kubeconfig does not say whom to trust, so there is no hash for --ca-hash: --token-only')
  }
  await withClient(flags, async ({ client, server }) => {
    const expiresMs = flags.ttl === 0 ? undefined : Date.now() + flags.ttl
    await client.create(secrets, tokenSecret({ token, expiresMs, description: flags.description }))
    const line =
      flags.tokenOnly === true || ca === undefined
        ? token
        : joinLine({ server: await serverForOthers(client, server), token, ca })
    process.stdout.write(`${line}\n`)
  })
}

export async function listTokens(flags: ConnectFlags): Promise<void> {
  await withClient(flags, async ({ client }) => {
    const fieldSelector = `type=${bootstrapTokenType}`
    const { items } = await client.list<TokenSecret>(secrets, { namespace: bootstrapTokenNamespace, fieldSelector })
    const rows = items.flatMap((item) => {
      const facts = tokenFacts(item)
      if (facts === undefined) return []
      const { token, expiration, usages, description, groups } = facts
      return [[token, timeLeft(expiration, Date.now()), expiration || '<never>', usages, description, groups]]
    })
    const shown = rows.map((row) => row.map((cell) => (cell === '' ? '<none>' : cell)))
    for (const line of elastic(
      [head, ...shown].map((row) => row.join('\t')),
      tableSpacing,
    )) {
      process.stdout.write(`${line}\n`)
    }
  })
}

const head = ['TOKEN', 'TTL', 'EXPIRES', 'USAGES', 'DESCRIPTION', 'EXTRA GROUPS']

export async function deleteTokens(tokens: readonly string[], flags: ConnectFlags): Promise<void> {
  const ids = tokens.map((text) => {
    const id = tokenForm.exec(text)?.[1] ?? text
    if (!/^[a-z0-9]{6}$/.test(id)) throw new CommandError(`given token "${text}" does not match "[a-z0-9]{6}"`)
    return id
  })
  await withClient(flags, async ({ client }) => {
    for (const id of ids) {
      try {
        await client.delete(secrets, { namespace: bootstrapTokenNamespace, name: secretName(id) })
      } catch (error) {
        if (reasonOf(error) !== 'NotFound') throw error
        throw new CommandError(`failed to delete bootstrap token "${id}": it is not there`, { cause: error })
      }
      process.stdout.write(`bootstrap token "${id}" deleted\n`)
    }
  })
}

/** `23h`. Upstream: duration.ShortHumanDuration. */
export function timeLeft(expiration: string, nowMs: number): string {
  if (expiration === '') return '<forever>'
  const endMs = parseTime(expiration)
  if (endMs === undefined || endMs <= nowMs) return '<invalid>'
  const seconds = Math.floor((endMs - nowMs) / 1000)
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`
  return `${Math.floor(seconds / 86_400)}d`
}
