// Whether there is a server at all, and which Kubernetes it speaks.
import type { Client } from '../../client/client.ts'
import { CommandError } from '../command-error.ts'

/** Its `gitVersion`. Rejects with a line that says what is wrong. */
export async function reachedServer(client: Client, server: string): Promise<string> {
  const { status, text } = await client.raw({ method: 'GET', path: '/version' })
  if (status === 401) throw new CommandError(`${server} does not believe these credentials (401 Unauthorized)`)
  let version: unknown
  try {
    version = JSON.parse(text)?.gitVersion
  } catch {
    version = undefined
  }
  if (status === 200 && typeof version === 'string') return version
  throw new CommandError(`${server} is no Kubernetes API server: GET /version was answered with ${status}`)
}
