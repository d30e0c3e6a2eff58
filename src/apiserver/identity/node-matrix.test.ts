// B7: what node a's credential may do with everything there is, of its own and of node b: every resource, every
// subresource, every verb. Whatever is not in the list of what is allowed is refused.
import { beforeAll, expect, test } from 'vitest'
import { apiserverWorld, type World } from '../../../test/world.ts'
import {
  apiVersionOf,
  configMaps,
  nodes,
  pods,
  type Resource,
  resources,
  secrets,
  serviceAccounts,
} from '../../api/resources.ts'
import type { ConfigMap, Node, Pod, ServiceAccount } from '../../api/types.ts'
import type { User } from '../../api/wire.ts'

const nodeA: User = { name: 'system:node:a', groups: ['system:nodes', 'system:authenticated'] }

let world: World
beforeAll(async () => {
  world = await apiserverWorld()
  const { client } = world
  for (const node of ['a', 'b']) {
    const metadata = { name: `of-${node}`, namespace: 'default' }
    await client.create<Node>(nodes, { metadata: { name: node } })
    await client.create<ConfigMap>(configMaps, { metadata })
    await client.create<ConfigMap>(secrets, { metadata })
    await client.create<ServiceAccount>(serviceAccounts, { metadata })
    await client.create<Pod>(pods, {
      metadata,
      spec: {
        nodeName: node,
        serviceAccountName: `of-${node}`,
        containers: [{ name: 'main', image: 'a', envFrom: [{ secretRef: { name: `of-${node}` } }] }],
        volumes: [{ name: 'v', configMap: { name: `of-${node}` } }],
      },
    })
  }
})

/** `VERB GROUP/RESOURCE[/SUBRESOURCE]`, for what belongs to the node itself. Of what belongs to b: nothing. */
const own = [
  'get /nodes',
  'list by name /nodes',
  'watch by name /nodes',
  'create /nodes',
  'update /nodes',
  'patch /nodes',
  'get /nodes/status',
  'update /nodes/status',
  'patch /nodes/status',
  'get coordination.k8s.io/leases',
  'create coordination.k8s.io/leases',
  'update coordination.k8s.io/leases',
  'patch coordination.k8s.io/leases',
  'delete coordination.k8s.io/leases',
  'get /pods',
  'list by node /pods',
  'watch by node /pods',
  'delete /pods',
  'create /pods/eviction',
  'get /pods/status',
  'update /pods/status',
  'patch /pods/status',
  'get /secrets',
  'list by name /secrets',
  'watch by name /secrets',
  'get /configmaps',
  'list by name /configmaps',
  'watch by name /configmaps',
  'get /serviceaccounts',
]

/** What belongs to no node: asked with either name, the answer is the same. */
const anybodys = [
  ...resources
    .filter(({ plural }) => plural === 'events')
    .flatMap(({ group }) => ['create', 'update', 'patch'].map((verb) => `${verb} ${group}/events`)),
  ...['/services', 'certificates.k8s.io/certificatesigningrequests', 'node.k8s.io/runtimeclasses'].flatMap((on) =>
    ['get', 'list', 'list by name', 'list by node', 'watch', 'watch by name', 'watch by node'].map(
      (verb) => `${verb} ${on}`,
    ),
  ),
  'create certificates.k8s.io/certificatesigningrequests',
  'create authentication.k8s.io/selfsubjectreviews',
  'create authentication.k8s.io/tokenreviews',
  'create authorization.k8s.io/localsubjectaccessreviews',
  'create authorization.k8s.io/selfsubjectaccessreviews',
  'create authorization.k8s.io/selfsubjectrulesreviews',
  'create authorization.k8s.io/subjectaccessreviews',
]

const isTheNode = ({ plural }: Resource) => plural === 'nodes' || plural === 'leases'

interface Request {
  readonly what: string
  readonly line: string
  readonly body?: object
}

function requestsFor(resource: Resource, node: string): Request[] {
  const { group, plural, kind, namespaced } = resource
  const name = isTheNode(resource) ? node : `of-${node}`
  const root = group === '' ? '/api/v1' : `/apis/${apiVersionOf(resource)}`
  const namespace = plural === 'leases' ? 'kube-node-lease' : 'default'
  const all = `${root}/${namespaced ? `namespaces/${namespace}/` : ''}${plural}`
  const one = `${all}/${name}`
  const on = `${group}/${plural}`
  const byName = `fieldSelector=metadata.name%3D${name}`
  const byNode = `fieldSelector=spec.nodeName%3D${node}`
  // The taint every node is born with: to leave it out of an update would be to remove it.
  const taints = [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]
  const spec = plural === 'nodes' ? { spec: { taints } } : {}
  const body = { kind, apiVersion: apiVersionOf(resource), metadata: { name }, ...spec }
  return [
    { what: `get ${on}`, line: `GET ${one}` },
    { what: `list ${on}`, line: `GET ${all}` },
    { what: `list by name ${on}`, line: `GET ${all}?${byName}` },
    { what: `list by node ${on}`, line: `GET ${all}?${byNode}` },
    { what: `watch ${on}`, line: `GET ${all}?watch=1` },
    { what: `watch by name ${on}`, line: `GET ${all}?watch=1&${byName}` },
    { what: `watch by node ${on}`, line: `GET ${all}?watch=1&${byNode}` },
    { what: `create ${on}`, line: `POST ${all}?dryRun=All`, body },
    { what: `update ${on}`, line: `PUT ${one}?dryRun=All`, body },
    { what: `patch ${on}`, line: `PATCH ${one}?dryRun=All`, body: {} },
    { what: `delete ${on}`, line: `DELETE ${one}?dryRun=All` },
    { what: `deletecollection ${on}`, line: `DELETE ${all}?dryRun=All` },
    ...resource.subresources.flatMap((part) => [
      { what: `get ${on}/${part.name}`, line: `GET ${one}/${part.name}` },
      { what: `create ${on}/${part.name}`, line: `POST ${one}/${part.name}?dryRun=All`, body: {} },
      { what: `update ${on}/${part.name}`, line: `PUT ${one}/${part.name}?dryRun=All`, body },
      { what: `patch ${on}/${part.name}`, line: `PATCH ${one}/${part.name}?dryRun=All`, body: {} },
    ]),
  ]
}

async function allowed(node: string): Promise<string[]> {
  const found: string[] = []
  for (const resource of resources) {
    for (const { what, line, body } of requestsFor(resource, node)) {
      const type = line.startsWith('PATCH') ? 'application/merge-patch+json' : 'application/json'
      const { status, stop } = await send(line, type, body)
      stop()
      // 405: no such verb on this resource, so there was nothing to refuse.
      if (status !== 403 && status !== 405) found.push(what)
    }
  }
  return found.sort()
}

async function send(line: string, type: string, body: object | undefined) {
  const asked = { user: nodeA, type, ...(body === undefined ? {} : { body }) }
  const { status, body: answer } = await world.send(line, asked)
  const sink = { write: () => true, drained: async () => {}, end() {}, destroy() {} }
  return { status, stop: answer.kind === 'stream' ? answer.start(sink) : () => {} }
}

test('B7 node a on what is its own, and on what is nobody’s', async () => {
  expect(await allowed('a')).toEqual([...own, ...anybodys].sort())
})

test('B7 node a on what is node b’s: nothing but what is nobody’s', async () => {
  expect(await allowed('b')).toEqual([...anybodys].sort())
})

test('B7 a token only for a pod of its own', async () => {
  const ask = async (node: string, pod: string) => {
    const { uid } = (await world.client.get<Pod>(pods, { name: pod, namespace: 'default' })).metadata
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: pod, uid }
    const line = `POST /api/v1/namespaces/default/serviceaccounts/of-${node}/token`
    return (await world.ask(line, { user: nodeA, body: { spec: { boundObjectRef } } })).status
  }
  expect([await ask('a', 'of-a'), await ask('b', 'of-b'), await ask('a', 'of-b')]).toEqual([201, 403, 403])
})

test('B7 what a pod used is no longer read once it is gone', async () => {
  const read = async () => (await world.ask('GET /api/v1/namespaces/default/secrets/of-a', { user: nodeA })).status
  expect(await read()).toBe(200)
  await world.client.delete(pods, { name: 'of-a', namespace: 'default' }, { gracePeriodSeconds: 0 })
  expect(await read()).toBe(403)
})

test('B7 a pod that says it comes from a file of the node gives no rights', async () => {
  await world.client.create<Pod>(pods, {
    metadata: { name: 'mirror', namespace: 'default', annotations: { 'kubernetes.io/config.mirror': 'x' } },
    spec: {
      nodeName: 'a',
      containers: [{ name: 'main', image: 'a' }],
      volumes: [{ name: 'v', secret: { secretName: 'of-b' } }],
    },
  })
  expect((await world.ask('GET /api/v1/namespaces/default/secrets/of-b', { user: nodeA })).status).toBe(403)
})
