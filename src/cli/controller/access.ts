// Whether we may do our work, asked before it starts: what is missing is named in one line, instead of failing here and
// there for hours.
import { selfSubjectAccessReviews } from '../../api/resources.ts'
import { ApiError } from '../../api/status.ts'
import type { ApiObject } from '../../api/types.ts'
import { inParallel } from '../../base/in-parallel.ts'
import type { Log } from '../../base/log.ts'
import type { Client } from '../../client/client.ts'
import {
  type Access,
  accessName,
  daemonSetControllerAccess,
  leaderElectionAccess,
} from '../../controller/daemonset/access.ts'
import { CommandError } from '../command-error.ts'

const asking = { atATime: 8 } as const

interface Question {
  readonly verb: string
  readonly access: Access
  readonly lease: LeaseName | undefined
}

/** Where the lease is that this controller leads by. */
export interface LeaseName {
  readonly namespace: string
  readonly name: string
}

/** `lease` undefined: no lease is needed. */
export async function checkAccess(
  client: Client,
  server: string,
  lease: LeaseName | undefined,
  log: Log,
): Promise<void> {
  const questions = [
    ...daemonSetControllerAccess.flatMap((access) => questionsOf(access, undefined)),
    ...(lease === undefined ? [] : leaderElectionAccess.flatMap((access) => questionsOf(access, lease))),
  ]
  const missing: Question[] = []
  try {
    await inParallel(questions, asking.atATime, async (question) => {
      if (!(await isAllowed(client, question))) missing.push(question)
    })
  } catch (error) {
    // A server may keep nobody from asking, and still not answer this: then the work itself will tell.
    if (!(error instanceof ApiError) || error.code === 401) throw error
    log.warn('what we may do could not be asked', { error: error.message })
    return
  }
  if (missing.length === 0) return
  const names = questions.filter((question) => missing.includes(question)).map(textOf)
  throw new CommandError(
    `on ${server} these credentials do not allow to ${names.join(', ')}; ` +
      '`kubectl apply -k deploy` installs a role that does',
  )
}

function questionsOf(access: Access, lease: LeaseName | undefined): Question[] {
  return access.verbs.map((verb) => ({ verb, access, lease }))
}

function textOf({ verb, access, lease }: Question): string {
  return `${verb} ${accessName(access)}${lease === undefined ? '' : ` in ${lease.namespace}`}`
}

async function isAllowed(client: Client, { verb, access, lease }: Question): Promise<boolean> {
  const { group, resource, subresource } = access
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    metadata: {},
    // A create has no name yet; everything else may be allowed for this one lease only.
    spec: {
      resourceAttributes: {
        verb,
        group,
        resource,
        subresource,
        ...(verb === 'create' ? { ...lease, name: undefined } : lease),
      },
    },
  }
  const answer = await client.create<ApiObject & { status?: { allowed?: boolean } }>(selfSubjectAccessReviews, review)
  return answer.status?.allowed === true
}
