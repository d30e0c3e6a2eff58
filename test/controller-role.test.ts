// Least privilege (B7): the roles in deploy/rbac, the table that the controller asks about at its start, and the requests
// that it makes are one and the same set. A verb more is one that nobody needs, a verb less is work that fails; whichever
// is taken away is named before any work begins.
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import type { ClusterRole, PolicyRule } from '../src/api/rbac.ts'
import { clusterRoles, controllerRevisions, pods as podResource, resourceOfKind } from '../src/api/resources.ts'
import type { ApiObject, ControllerRevision, Pod } from '../src/api/types.ts'
import type { ApiRequest, User } from '../src/api/wire.ts'
import { silentLog } from '../src/base/log.ts'
import { checkAccess } from '../src/cli/controller/access.ts'
import { createClient, Unreachable } from '../src/client/client.ts'
import {
  type Access,
  accessName,
  daemonSetControllerAccess,
  leaderElectionAccess,
} from '../src/controller/daemonset/access.ts'
import { startLeaderElection } from '../src/controller/leader-election.ts'
import { DaemonSetCluster, daemonSet, loggerOf } from './daemonset-cluster.ts'

const account: User = {
  name: 'system:serviceaccount:kube-system:everynode-controller',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
}

let cluster: DaemonSetCluster
/** `update daemonsets.apps/status` → whether every such request was allowed. */
let asked: Set<string>
let refused: string[]

beforeEach(async () => {
  cluster = new DaemonSetCluster()
  cluster.user = account
  asked = new Set()
  refused = []
  cluster.onAsk = (request) => asked.add(requestName(request))
  await cluster.settle()
  for (const object of manifests()) {
    const resource = resourceOfKind(object.apiVersion!, object.kind!)!
    await cluster.admin.create(resource, object)
  }
})
afterEach(() => cluster.stop())

function manifests(): ApiObject[] {
  return ['service-account', 'cluster-role', 'lease-role'].flatMap((name) =>
    parseAllDocuments(readFileSync(`deploy/rbac/${name}.yaml`, 'utf8')).map((document) => document.toJS()),
  )
}

/** `update daemonsets.apps/status`: the verb as RBAC sees it. */
function requestName({ method, path, query }: ApiRequest): string {
  const parts =
    /^\/(?:api\/v1|apis\/([^/]+)\/[^/]+)\/(?:namespaces\/[^/]+\/)?([^/]+)(?:\/([^/]+)(?:\/([^/]+))?)?$/.exec(path)
  const [, group = '', resource = '', name, subresource] = parts ?? []
  const reading = name !== undefined ? 'get' : query.get('watch') === 'true' ? 'watch' : 'list'
  const verb = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }[method] ?? reading
  return `${verb} ${accessName({ group, resource, ...(subresource === undefined ? {} : { subresource }) })}`
}

const namesOf = (table: readonly Access[]) =>
  table.flatMap((access) => access.verbs.map((verb) => `${verb} ${accessName(access)}`)).sort()

const namesOfRules = (rules: readonly PolicyRule[]) =>
  [
    ...new Set(
      rules.flatMap(({ apiGroups = [], resources = [], verbs }) =>
        verbs.flatMap((verb) =>
          apiGroups.flatMap((group) =>
            resources.map((text) => {
              const [resource = '', subresource] = text.split('/')
              return `${verb} ${accessName({ group, resource, ...(subresource === undefined ? {} : { subresource }) })}`
            }),
          ),
        ),
      ),
    ),
  ].sort()

const rulesOf = (kind: string) => manifests().find((object) => object.kind === kind) as unknown as ClusterRole

test('what is installed is what the controller asks about', () => {
  expect(namesOfRules(rulesOf('ClusterRole').rules ?? [])).toEqual(namesOf(daemonSetControllerAccess))
  expect(namesOfRules(rulesOf('Role').rules ?? [])).toEqual(namesOf(leaderElectionAccess))
})

test('B7: the controller needs every verb of its role, and no other', async () => {
  const logger = loggerOf(cluster)
  // Only our own server's refusals are of interest; those of a plugin that it does not have cannot be provoked.
  const provable = namesOf(daemonSetControllerAccess).filter((name) => name !== 'update daemonsets.apps/finalizers')
  await cluster.addNodes(2)
  await cluster.start({ podNames: 'derived', log: { ...silentLog, warn: heard, child: () => silentOr() } })
  await logger.create(daemonSet('logger:1', { revisionHistoryLimit: 1 }))
  await cluster.pass(5_000)
  // A pod of a derived name comes again: its event is counted up.
  const [pod] = cluster.pods
  await cluster.admin.delete(
    podResource,
    { namespace: 'default', name: pod!.metadata.name! },
    { gracePeriodSeconds: 0 },
  )
  await cluster.pass(20_000)
  // A creation is done, but its answer is lost: the pod, and then the revision, is looked up by name.
  loseAnswer((request) => request.method === 'POST' && request.path.endsWith('/pods'))
  await cluster.addNode('n3')
  await cluster.pass(20_000)
  loseAnswer((request) => request.method === 'POST' && request.path.endsWith('/controllerrevisions'))
  cluster.stallWatches('controllerrevisions', true)
  await logger.setImage('logger:2')
  await cluster.pass(20_000)
  cluster.stallWatches('controllerrevisions', false)
  await cluster.pass(20_000)
  // Back, and on: revisions are renumbered, and the oldest goes.
  await logger.setImage('logger:1')
  await cluster.pass(20_000)
  await logger.setImage('logger:3')
  await cluster.pass(60_000)
  // Orphans are adopted, which the DaemonSet itself is asked about first.
  await logger.delete('Orphan')
  await cluster.pass(5_000)
  await logger.create(daemonSet('logger:3', { revisionHistoryLimit: 1 }))
  await cluster.pass(20_000)
  expect(refused).toEqual([])
  expect((await cluster.list<Pod>(podResource)).every(({ metadata }) => metadata.ownerReferences?.length === 1)).toBe(
    true,
  )
  expect((await cluster.list<ControllerRevision>(controllerRevisions)).length).toBeGreaterThan(0)
  // A pod that changed under our hands is looked at again by its name.
  cluster.onWrite = async (request, next) => {
    if (request.method === 'DELETE' && request.path.includes('/pods/')) {
      cluster.onWrite = (again, on) => on(again)
      await cluster.admin.patch(podResource, lastOf(request.path), {
        type: 'merge',
        body: { metadata: { annotations: { touched: 'yes' } } },
      })
    }
    return next(request)
  }
  await logger.setImage('logger:4')
  await cluster.pass(60_000)
  expect(cluster.table()).toBe('n1 ready 4 | n2 ready 4 | n3 ready 4')
  expect([...asked].filter((name) => !provable.includes(name))).toEqual([])
  expect(provable.filter((name) => !asked.has(name))).toEqual([])
  expect(refused).toEqual([])
})

test('the lease needs every verb of its role, and no other name', async () => {
  const send = clusterSend()
  const client = createClient({ send, user: account, userAgent: 'test' })
  const parts = { client, clock: cluster.clock, random: cluster.random, log: silentLog, identity: 'a' }
  const ours = startLeaderElection({ ...parts, namespace: 'kube-system', name: 'everynode-controller' })
  const another = startLeaderElection({ ...parts, namespace: 'kube-system', name: 'kube-controller-manager' })
  await cluster.pass(10_000)
  expect([ours.isLeader, another.isLeader]).toEqual([true, false])
  await Promise.all([ours.stop(), another.stop()])
  expect([...asked].sort()).toEqual(namesOf(leaderElectionAccess))
})

test('a verb that is taken away is named before any work begins', async () => {
  const client = createClient({ send: clusterSend(), user: account, userAgent: 'test' })
  const lease = { namespace: 'kube-system', name: 'everynode-controller' }
  const check = () => checkAccess(client, 'https://here', lease, silentLog)
  await expect(check()).resolves.toBeUndefined()
  const rules = rulesOf('ClusterRole').rules ?? []
  for (const name of namesOf(daemonSetControllerAccess)) {
    const without = rules.map((rule) => ({
      ...rule,
      verbs: rule.verbs.filter((verb) => namesOfRules([{ ...rule, verbs: [verb] }])[0] !== name),
    }))
    const body = { rules: without.filter(({ verbs }) => verbs.length > 0) }
    await cluster.admin.patch(clusterRoles, { name: 'everynode-controller' }, { type: 'merge', body })
    await cluster.settle()
    await expect(check(), name).rejects.toThrow(
      `on https://here these credentials do not allow to ${name}; \`kubectl apply -k deploy\` installs a role that does`,
    )
  }
})

/** The next request that this holds for is carried out, and its answer is lost. */
function loseAnswer(holds: (request: ApiRequest) => boolean): void {
  cluster.onWrite = async (request, next) => {
    const response = await next(request)
    if (!holds(request)) return response
    cluster.onWrite = (again, on) => on(again)
    throw new Unreachable('the answer was lost', undefined)
  }
}

function clusterSend() {
  return async (request: ApiRequest) => {
    asked.add(requestName(request))
    return cluster.handle(request)
  }
}

function heard(_event: string, fields?: Readonly<Record<string, unknown>>): void {
  const error = String(fields?.error)
  if (/forbidden/.test(error)) refused.push(error)
}

function silentOr() {
  return { ...silentLog, warn: heard, child: silentOr }
}

function lastOf(path: string) {
  return { namespace: 'default', name: path.split('/').at(-1)! }
}
