// Deletes bootstrap tokens whose time is over. They are refused from that moment on anyway; this keeps them from piling
// up. Upstream: pkg/controller/bootstrap/tokencleaner.go, cluster-bootstrap/util/secrets (GetExpiration).

import { bootstrapTokenNamespace, bootstrapTokenType } from '../api/bootstrap-tokens.ts'
import { secrets } from '../api/resources.ts'
import { reasonOf } from '../api/status.ts'
import { parseTime } from '../api/time.ts'
import type { ApiObject } from '../api/types.ts'
import type { Running } from '../base/running.ts'
import { type ControllerOptions, startController } from './controller.ts'

export const tokenCleanerLimits = {
  workers: 1,
  /** A timer of the platform ends after 24 days at the latest. */
  longestWaitMs: 24 * 3_600_000,
  /** A token in a secret that nobody can read any more must not keep the others. */
  syncPatienceMs: 30_000,
} as const

interface Secret extends ApiObject {
  type?: string
  data?: Record<string, string>
}

export function startTokenCleaner(options: ControllerOptions): Running {
  const { client, clock } = options
  return startController('token-cleaner', options, ({ queue, log, follow }) => {
    const known = follow<Secret>(secrets, ({ type, object }) => {
      if (type !== 'deleted' && isToken(object)) queue.add(`${object.metadata.namespace}/${object.metadata.name}`)
    })

    async function work(key: string): Promise<void> {
      const secret = known.get(key)
      if (secret === undefined || !isToken(secret) || secret.metadata.deletionTimestamp !== undefined) return
      const endMs = endOf(secret)
      if (endMs === undefined) return
      const waitMs = endMs - clock.now()
      if (waitMs > 0) {
        queue.addAfter(key, Math.min(waitMs, tokenCleanerLimits.longestWaitMs))
        return
      }
      const { namespace, name = '', uid = '' } = secret.metadata
      log.info('delete', { secret: key, because: 'the bootstrap token has expired' })
      try {
        await client.delete(secrets, { namespace, name }, { preconditions: { uid } })
      } catch (error) {
        if (reasonOf(error) !== 'NotFound' && reasonOf(error) !== 'Conflict') throw error
      }
    }

    const { workers, syncPatienceMs } = tokenCleanerLimits
    return { workers, work, syncPatienceMs }
  })
}

function isToken({ type, metadata }: Secret): boolean {
  return type === bootstrapTokenType && metadata.namespace === bootstrapTokenNamespace
}

/** Undefined: it has no end. A time that cannot be read is over, as upstream. */
function endOf({ data }: Secret): number | undefined {
  const expiration = Buffer.from(data?.expiration ?? '', 'base64').toString('utf8')
  return expiration === '' ? undefined : (parseTime(expiration) ?? Number.NEGATIVE_INFINITY)
}
