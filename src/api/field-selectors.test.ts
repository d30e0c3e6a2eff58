import { expect, test } from 'vitest'
import { exactField, matchesFields, parseFieldSelector } from './field-selectors.ts'
import { configMaps, daemonSets, events, namespaces, nodes, pods } from './resources.ts'
import type { ApiObject } from './types.ts'

const pod = {
  metadata: { name: 'p', namespace: 'demo' },
  spec: { nodeName: 'node-1', restartPolicy: 'Always', hostNetwork: true },
  status: { phase: 'Running' },
} as ApiObject

const onPods: [selector: string, matches: boolean][] = [
  ['', true],
  ['metadata.name=p', true],
  ['metadata.name==p', true],
  ['metadata.name!=p', false],
  ['spec.nodeName=node-1,status.phase!=Succeeded,status.phase!=Failed', true],
  ['spec.nodeName=node-2', false],
  ['spec.host=node-1', true],
  ['spec.hostNetwork=true', true],
  ['status.nominatedNodeName=', true],
  ['status.podIP=', true],
  ['metadata.namespace=demo,', true],
]

test.each(onPods)('W8.5 the pod matches %j: %s', (text, matches) => {
  expect(matchesFields(pods, parseFieldSelector(pods, text), pod)).toBe(matches)
})

test('W8.5 other kinds have fields of their own', () => {
  const event = { metadata: { name: 'e' }, involvedObject: { kind: 'Pod', uid: 'u' }, source: { component: 'c' } }
  const text = 'involvedObject.kind=Pod,involvedObject.uid=u,involvedObject.namespace=,source=c'
  expect(matchesFields(events, parseFieldSelector(events, text), event as ApiObject)).toBe(true)
  const node = { metadata: { name: 'n' } }
  expect(matchesFields(nodes, parseFieldSelector(nodes, 'spec.unschedulable=false'), node)).toBe(true)
  const namespace = { metadata: { name: 'n' }, status: { phase: 'Active' } }
  expect(matchesFields(namespaces, parseFieldSelector(namespaces, 'status.phase=Active'), namespace)).toBe(true)
})

test('a value may hold what separates, behind a backslash', () => {
  expect(parseFieldSelector(pods, 'metadata.name=a\\,b\\=c\\\\')).toEqual([
    { path: 'metadata.name', operator: '=', value: 'a,b=c\\' },
  ])
})

const refused: [resource: typeof pods, text: string, message: string][] = [
  [pods, 'spec.foo=1', 'field label not supported: spec.foo'],
  [pods, 'constructor=1', 'field label not supported: constructor'],
  [
    daemonSets,
    'spec.foo=agent',
    '"spec.foo" is not a known field selector: only "metadata.name", "metadata.namespace"',
  ],
  [configMaps, 'data=x', '"data" is not a known field selector: only "metadata.name", "metadata.namespace"'],
  [pods, 'metadata.name', "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
  [pods, 'metadata.name=a\\b', 'invalid field selector: invalid escape sequence: \\b'],
]

test.each(refused)('W6.3 %o refuses %j', (resource, text, message) => {
  expect(() => parseFieldSelector(resource, text)).toThrow(expect.objectContaining({ message, code: 400 }))
})

test('W7.10 an exact value is known to an index', () => {
  const requirements = parseFieldSelector(pods, 'spec.nodeName=n,metadata.name!=p')
  expect(exactField(requirements, 'spec.nodeName')).toBe('n')
  expect(exactField(requirements, 'metadata.name')).toBeUndefined()
})
