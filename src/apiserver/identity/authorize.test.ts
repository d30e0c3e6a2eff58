import fc from 'fast-check'
import { expect, test } from 'vitest'
import { policyStore } from '../../../test/policy-world.ts'
import type { User } from '../../api/wire.ts'
import { type AuthorizationFacts, createAuthorizer, type RequestAttributes } from './authorize.ts'
import { refusal } from './forbidden.ts'

const users: Record<string, User> = {
  admin: { name: 'admin', groups: ['system:masters', 'system:authenticated'] },
  controller: { name: 'system:controller:daemonset', groups: ['system:controllers', 'system:authenticated'] },
  viewer: { name: 'vera', groups: ['everynode:viewers', 'system:authenticated'] },
  nobody: { name: 'nora', groups: ['system:authenticated'] },
  stranger: { name: 'system:anonymous', groups: ['system:unauthenticated'] },
  nodeA: { name: 'system:node:a', groups: ['system:nodes', 'system:authenticated'] },
  // Looks like a node, but nobody put it into the group of nodes.
  impostor: { name: 'system:node:a', groups: ['system:authenticated'] },
}

/** `ns/on-a` is bound to node a, `ns/on-b` to node b, everything else to none. Pods of a use what is called `used`. */
const facts: AuthorizationFacts = {
  nodeOfPod: (namespace, name) => (namespace === 'ns' && name.startsWith('on-') ? name.slice(3) : undefined),
  isUsedOnNode: (nodeName, { namespace, name }) => nodeName === 'a' && namespace === 'ns' && name === 'used',
  grants: (await policyStore()).grants,
}

/** `verb group/plural[/subresource] [namespace/]name [?fieldSelector]`, or `verb /path`. `-`: no name. */
function attributesOf(user: User, text: string): RequestAttributes {
  const [verb = '', target = '', at = '-', selector] = text.split(' ')
  if (at === '-' && target.startsWith('//')) return { kind: 'path', user, verb, path: target.slice(1) }
  const [group = '', plural = '', subresource] = target.split('/')
  const [name, namespace] = at.split('/').reverse()
  return {
    kind: 'resource',
    user,
    verb,
    group,
    plural,
    subresource,
    namespace,
    name: name === '-' ? undefined : name,
    fieldSelector: selector?.slice(1),
  }
}

const authorize = createAuthorizer()

const table: [request: string, allowed: string][] = [
  ['get //version', 'admin viewer nobody stranger nodeA impostor controller'],
  ['get //livez', 'admin viewer nobody stranger nodeA impostor controller'],
  ['get //livez/ping', 'admin'],
  ['get //apis/apps/v1', 'admin viewer nobody nodeA impostor controller'],
  ['get //openapi/v3', 'admin viewer nobody nodeA impostor controller'],
  ['get //metrics', 'admin viewer'],
  ['post //version', 'admin'],
  ['create authorization.k8s.io/selfsubjectaccessreviews -', 'admin viewer nobody nodeA impostor controller'],
  ['list /pods ns/-', 'admin viewer controller'],
  ['get /pods ns/on-b', 'admin viewer controller'],
  ['get /pods/log ns/on-b', 'admin viewer controller'],
  ['get /pods/exec ns/on-b', 'admin'],
  ['create /pods ns/-', 'admin controller'],
  ['delete apps/daemonsets ns/x', 'admin controller'],
  ['list /secrets ns/-', 'admin controller'],
  ['impersonate /users admin', 'admin'],

  // A node: itself …
  ['create /nodes -', 'admin controller nodeA'],
  ['get /nodes a', 'admin viewer controller nodeA'],
  ['get /nodes b', 'admin viewer controller'],
  ['list /nodes -', 'admin viewer controller'],
  ['list /nodes - ?metadata.name=a', 'admin viewer controller nodeA'],
  ['watch /nodes - ?metadata.name=b', 'admin viewer controller'],
  ['patch /nodes/status a', 'admin controller nodeA'],
  ['patch /nodes/status b', 'admin controller'],
  ['delete /nodes a', 'admin controller'],
  // … its lease …
  ['update coordination.k8s.io/leases kube-node-lease/a', 'admin controller nodeA'],
  ['update coordination.k8s.io/leases kube-node-lease/b', 'admin controller'],
  ['update coordination.k8s.io/leases kube-system/a', 'admin controller'],
  ['create coordination.k8s.io/leases kube-node-lease/-', 'admin controller nodeA'],
  ['create coordination.k8s.io/leases kube-system/-', 'admin controller'],
  ['list coordination.k8s.io/leases kube-node-lease/-', 'admin viewer controller'],
  // … and its pods.
  ['watch /pods - ?spec.nodeName=a', 'admin viewer controller nodeA'],
  ['list /pods ns/- ?status.phase!=Failed,spec.nodeName==a', 'admin viewer controller nodeA'],
  ['list /pods - ?spec.nodeName=b', 'admin viewer controller'],
  ['list /pods - ?spec.nodeName!=a', 'admin viewer controller'],
  ['list /pods - ?metadata.name=x\\,spec.nodeName=a', 'admin viewer controller'],
  ['get /pods ns/on-a', 'admin viewer controller nodeA'],
  ['get /pods ns/free', 'admin viewer controller'],
  ['patch /pods/status ns/on-a', 'admin controller nodeA'],
  ['patch /pods/status ns/on-b', 'admin controller'],
  ['update /pods ns/on-a', 'admin controller'],
  ['delete /pods ns/on-a', 'admin controller nodeA'],
  ['delete /pods ns/on-b', 'admin controller'],
  ['deletecollection /pods ns/-', 'admin controller'],
  ['create /pods/binding ns/on-a', 'admin controller'],
  ['create /events ns/-', 'admin controller nodeA'],
  ['delete /events ns/x', 'admin controller'],
  ['get /secrets ns/used', 'admin controller nodeA'],
  ['get /secrets other/used', 'admin controller'],
  ['get /secrets ns/x', 'admin controller'],
  ['get /configmaps ns/x', 'admin viewer controller'],
]

test.each(table)('%s: only %s', (request, allowed) => {
  const may = Object.entries(users).filter(([, user]) => authorize(attributesOf(user, request), facts).allowed)
  expect(may.map(([name]) => name).sort()).toEqual(allowed.split(' ').sort())
})

test('B7 whatever a node asks, no answer depends on which other node a pod is on', () => {
  const verb = fc.constantFrom('get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection')
  const plural = fc.constantFrom('pods', 'nodes', 'secrets', 'configmaps', 'namespaces')
  const subresource = fc.constantFrom(undefined, 'status', 'log', 'eviction', 'binding')
  fc.assert(
    fc.property(verb, plural, subresource, (verb, plural, subresource) => {
      const ask = (name: string) =>
        authorize(
          { kind: 'resource', user: users.nodeA!, verb, group: '', plural, subresource, namespace: 'ns', name },
          facts,
        )
      expect(ask('on-b')).toEqual(ask('on-c'))
    }),
  )
})

test.each([
  [
    'list /nodes -',
    'nodes is forbidden: User "nora" cannot list resource "nodes" in API group "" at the cluster scope',
  ],
  ['list /pods x/-', 'pods is forbidden: User "nora" cannot list resource "pods" in API group "" in the namespace "x"'],
  [
    'update apps/daemonsets/status x/agent',
    'daemonsets.apps "agent" is forbidden: User "nora" cannot update resource "daemonsets/status" in API group "apps" ' +
      'in the namespace "x"',
  ],
  ['get //metrics', 'forbidden: User "nora" cannot get path "/metrics"'],
])('W6.3 the refusal of %s', (request, message) => {
  const attributes = attributesOf(users.nobody!, request)
  const decision = authorize(attributes, facts)
  expect(decision).toEqual({ allowed: false, reason: '' })
  expect(refusal(attributes, '')).toMatchObject({ message, code: 403, reason: 'Forbidden' })
})

test('a reason stands at the end of the refusal', () => {
  const attributes = attributesOf(users.nodeA!, 'get /nodes b')
  const decision = authorize(attributes, facts)
  expect(decision).toEqual({ allowed: false, reason: 'node "a" cannot get other nodes' })
  expect(refusal(attributes, 'node "a" cannot get other nodes').message).toMatch(
    /at the cluster scope: node "a" cannot get other nodes$/,
  )
})
