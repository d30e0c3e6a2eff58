import { describe, expect, test } from 'vitest'
import { type JsonObject, jsonClone } from '../base/json.ts'
import { strategicMergePatch } from './strategic-merge-patch.ts'

const named = (...names: string[]) => names.map((name) => ({ name }))

type Row = [rule: string, type: string, target: object, patch: object, result: object]

const maps: Row[] = [
  ['null deletes a key', 'PodSpec', { nodeName: 'a', hostNetwork: true }, { nodeName: null }, { hostNetwork: true }],
  ['null for nothing', 'PodSpec', {}, { nodeName: null, affinity: { nodeAffinity: null } }, { affinity: {} }],
  [
    'maps merge',
    'PodSpec',
    { nodeSelector: { a: '1', b: '2' } },
    { nodeSelector: { a: null, c: '3' } },
    { nodeSelector: { b: '2', c: '3' } },
  ],
  [
    'structs merge',
    'DaemonSet',
    { spec: { minReadySeconds: 1 } },
    { spec: { revisionHistoryLimit: 2 } },
    { spec: { minReadySeconds: 1, revisionHistoryLimit: 2 } },
  ],
  [
    '$patch: replace takes the rest of the patch',
    'DaemonSetSpec',
    { template: { metadata: { labels: { a: '1' } }, spec: { containers: [] } } },
    { template: { $patch: 'replace', metadata: { creationTimestamp: null }, spec: { hostNetwork: true } } },
    { template: { metadata: {}, spec: { hostNetwork: true } } },
  ],
  [
    '$patch: delete removes the field',
    'PodSpec',
    { affinity: { podAffinity: {} }, nodeName: 'a' },
    { affinity: { $patch: 'delete' } },
    { nodeName: 'a' },
  ],
  ['$patch: delete of nothing', 'PodSpec', { nodeName: 'a' }, { affinity: { $patch: 'delete' } }, { nodeName: 'a' }],
  [
    '$retainKeys drops the other member of a union',
    'DaemonSetSpec',
    { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } },
    { updateStrategy: { $retainKeys: ['type'], type: 'OnDelete' } },
    { updateStrategy: { type: 'OnDelete' } },
  ],
  [
    '$retainKeys in a volume',
    'PodSpec',
    { volumes: [{ name: 'v', emptyDir: {} }] },
    { volumes: [{ $retainKeys: ['name', 'hostPath'], name: 'v', hostPath: { path: '/x' } }] },
    { volumes: [{ name: 'v', hostPath: { path: '/x' } }] },
  ],
  ['a scalar over a map', 'PodSpec', { affinity: {} }, { affinity: 'x' }, { affinity: 'x' }],
  [
    'raw data is taken as it comes',
    'ControllerRevision',
    { data: { a: 1 } },
    { data: { spec: { $patch: 'replace', x: null } } },
    { data: { spec: { $patch: 'replace', x: null } } },
  ],
  [
    'a selector with strategy replace',
    'PodDisruptionBudgetSpec',
    { selector: { matchLabels: { a: '1' } } },
    { selector: { matchLabels: { b: '1' } } },
    { selector: { matchLabels: { b: '1' } } },
  ],
]

const lists: Row[] = [
  [
    'matching items merge',
    'PodSpec',
    { containers: [{ name: 'a', image: 'x', env: [{ name: 'E', value: '1' }] }] },
    { containers: [{ name: 'a', env: [{ name: 'E', value: '2' }] }] },
    { containers: [{ name: 'a', image: 'x', env: [{ name: 'E', value: '2' }] }] },
  ],
  [
    'X10 new items go to the front',
    'PodSpec',
    { containers: named('a', 'b') },
    { containers: named('c', 'd') },
    { containers: named('c', 'd', 'a', 'b') },
  ],
  [
    'X10 patch order, then live order',
    'PodSpec',
    { containers: named('a', 'b', 'c') },
    { containers: named('c', 'a') },
    { containers: named('b', 'c', 'a') },
  ],
  [
    '$patch: delete',
    'PodSpec',
    { containers: named('a', 'b') },
    { containers: [{ name: 'a', $patch: 'delete' }] },
    { containers: named('b') },
  ],
  [
    '$patch: delete of nothing',
    'PodSpec',
    { containers: named('a') },
    { containers: [{ name: 'z', $patch: 'delete' }] },
    { containers: named('a') },
  ],
  [
    '$patch: delete where there is no list',
    'PodSpec',
    {},
    { containers: [{ name: 'z', $patch: 'delete' }] },
    { containers: [] },
  ],
  [
    '$patch: replace anywhere in the list',
    'PodSpec',
    { containers: named('a', 'b') },
    { containers: [{ name: 'c' }, { $patch: 'replace' }] },
    { containers: named('c') },
  ],
  [
    '$patch: replace empties',
    'PodSpec',
    { containers: named('a') },
    { containers: [{ $patch: 'replace' }] },
    { containers: [] },
  ],
  [
    '$setElementOrder orders',
    'PodSpec',
    { containers: named('a', 'b') },
    { '$setElementOrder/containers': named('a', 'c', 'b'), containers: named('c') },
    { containers: named('a', 'c', 'b') },
  ],
  [
    '$setElementOrder alone reorders',
    'PodSpec',
    { containers: named('a', 'b') },
    { '$setElementOrder/containers': named('b', 'a') },
    { containers: named('b', 'a') },
  ],
  [
    '$setElementOrder: others keep their place',
    'PodSpec',
    { containers: named('a', 'x', 'b') },
    { '$setElementOrder/containers': named('b', 'a') },
    { containers: named('x', 'b', 'a') },
  ],
  [
    '$setElementOrder: items to delete need not be in it',
    'PodSpec',
    { containers: named('a', 'b') },
    { '$setElementOrder/containers': named('b'), containers: [{ $patch: 'delete', name: 'a' }] },
    { containers: named('b') },
  ],
  [
    '$setElementOrder for a new list',
    'PodSpec',
    {},
    { '$setElementOrder/containers': named('b', 'a'), containers: named('b', 'a') },
    { containers: named('b', 'a') },
  ],
  ['$setElementOrder for no list', 'PodSpec', {}, { '$setElementOrder/containers': named('a') }, {}],
  [
    'scalars are a set, patch first',
    'ObjectMeta',
    { finalizers: ['a/a', 'b/b'] },
    { finalizers: ['c/c', 'a/a'] },
    { finalizers: ['c/c', 'a/a', 'b/b'] },
  ],
  [
    '$deleteFromPrimitiveList',
    'ObjectMeta',
    { finalizers: ['a/a', 'b/b'] },
    { '$deleteFromPrimitiveList/finalizers': ['b/b', 'z/z'] },
    { finalizers: ['a/a'] },
  ],
  ['$deleteFromPrimitiveList from nothing', 'ObjectMeta', {}, { '$deleteFromPrimitiveList/finalizers': ['b/b'] }, {}],
  [
    'a set with order and deletion',
    'ObjectMeta',
    { finalizers: ['a/a', 'b/b'] },
    {
      '$setElementOrder/finalizers': ['c/c', 'a/a'],
      finalizers: ['c/c'],
      '$deleteFromPrimitiveList/finalizers': ['b/b'],
    },
    { finalizers: ['c/c', 'a/a'] },
  ],
  [
    'nulls and directives in new items mean nothing',
    'PodSpec',
    {},
    { containers: [{ name: 'a', image: null, '$setElementOrder/env': named('E'), env: named('E') }] },
    { containers: [{ name: 'a', env: named('E') }] },
  ],
  [
    'W10.8 tolerations are replaced',
    'PodSpec',
    { tolerations: [{ key: 'a' }] },
    { tolerations: [{ key: 'b' }] },
    { tolerations: [{ key: 'b' }] },
  ],
  ['W10.8 args are replaced', 'Container', { args: ['a'] }, { args: ['b'] }, { args: ['b'] }],
  [
    'W10.10 ports of one number collide: an update meets the first',
    'Container',
    {
      ports: [
        { containerPort: 80, protocol: 'TCP' },
        { containerPort: 80, protocol: 'UDP' },
      ],
    },
    { ports: [{ containerPort: 80, name: 'x' }] },
    {
      ports: [
        { containerPort: 80, protocol: 'TCP', name: 'x' },
        { containerPort: 80, protocol: 'UDP' },
      ],
    },
  ],
  [
    'W10.10 ports of one number collide: a delete meets both',
    'Container',
    {
      ports: [
        { containerPort: 80, protocol: 'TCP' },
        { containerPort: 80, protocol: 'UDP' },
      ],
    },
    { ports: [{ containerPort: 80, $patch: 'delete' }] },
    { ports: [] },
  ],
]

describe.each([
  ['W10.7', maps],
  ['W10.6', lists],
] as [string, Row[]][])('%s', (_, rows) => {
  test.each(rows)('%s', (_, type, target, patch, result) => {
    const [targetBefore, patchBefore] = [jsonClone(target), jsonClone(patch)]
    expect(strategicMergePatch(type, target, patch)).toEqual(result)
    expect([target, patch]).toEqual([targetBefore, patchBefore])
  })
})

/** W10.9: path, the two columns' first. `-`: replaced whole; `set`: scalars. */
const mergeKeys: [type: string, list: string, key: string][] = [
  ['ObjectMeta', 'finalizers', 'set'],
  ['ObjectMeta', 'ownerReferences', 'uid'],
  ['ObjectMeta', 'managedFields', '-'],
  ['PodSpec', 'containers', 'name'],
  ['PodSpec', 'initContainers', 'name'],
  ['PodSpec', 'ephemeralContainers', 'name'],
  ['PodSpec', 'volumes', 'name'],
  ['PodSpec', 'imagePullSecrets', 'name'],
  ['PodSpec', 'hostAliases', 'ip'],
  ['PodSpec', 'schedulingGates', 'name'],
  ['PodSpec', 'resourceClaims', 'name'],
  ['PodSpec', 'topologySpreadConstraints', 'topologyKey'],
  ['PodSpec', 'tolerations', '-'],
  ['PodSpec', 'readinessGates', '-'],
  ['Container', 'ports', 'containerPort'],
  ['Container', 'env', 'name'],
  ['Container', 'volumeMounts', 'mountPath'],
  ['Container', 'volumeDevices', 'devicePath'],
  ['Container', 'envFrom', '-'],
  ['ResourceRequirements', 'claims', '-'],
  ['PodStatus', 'conditions', 'type'],
  ['NodeStatus', 'conditions', 'type'],
  ['DaemonSetStatus', 'conditions', 'type'],
  ['NamespaceStatus', 'conditions', 'type'],
  ['ServiceStatus', 'conditions', 'type'],
  ['PodStatus', 'podIPs', 'ip'],
  ['PodStatus', 'hostIPs', 'ip'],
  ['PodStatus', 'containerStatuses', '-'],
  ['NodeStatus', 'addresses', 'type'],
  ['NodeStatus', 'images', '-'],
  ['NodeSpec', 'taints', '-'],
  ['NodeSpec', 'podCIDRs', 'set'],
  ['NamespaceSpec', 'finalizers', '-'],
  ['ServiceAccount', 'secrets', 'name'],
  ['ServiceAccount', 'imagePullSecrets', '-'],
  ['ServiceSpec', 'ports', 'port'],
]

test.each(mergeKeys)('W10.9 %s.%s merges by %s', (type, list, key) => {
  const item = (value: string) =>
    key === 'set' ? value : key === '-' ? { anything: value } : { [key]: value, x: value }
  const merged = strategicMergePatch(type, { [list]: [item('a')] }, { [list]: [item('b'), item('a')] })
  const [a, b] = [item('a'), item('b')]
  expect(merged[list]).toEqual([b, a])
  const onlyOld = strategicMergePatch(type, { [list]: [item('a')] }, { [list]: [item('b')] })
  expect(onlyOld[list]).toEqual(key === '-' ? [b] : [b, a])
})

const refusals: [name: string, type: string, target: object, patch: unknown, code: number, message: string][] = [
  [
    'an item without its key',
    'PodSpec',
    { containers: named('a') },
    { containers: [{ image: 'q' }] },
    500,
    'map: map[image:q] does not contain declared merge key: name',
  ],
  [
    'a deletion without its key',
    'PodSpec',
    { containers: named('a') },
    { containers: [{ $patch: 'delete' }] },
    500,
    'map: map[$patch:delete] does not contain declared merge key: name',
  ],
  [
    'an item missing from the order',
    'PodSpec',
    { containers: named('a') },
    { '$setElementOrder/containers': named('a'), containers: named('c') },
    500,
    "The order in patch list:\n[map[name:c]]\n doesn't match $setElementOrder list:\n[map[name:a]]\n",
  ],
  [
    'items in another order',
    'PodSpec',
    {},
    { '$setElementOrder/containers': named('a', 'b'), containers: named('b', 'a') },
    500,
    "The order in patch list:\n[map[name:b] map[name:a]]\n doesn't match $setElementOrder list:\n[map[name:a] map[name:b]]\n",
  ],
  [
    'an unknown directive in a map',
    'PodSpec',
    {},
    { $patch: 'foo', hostPID: true, priority: 3 },
    500,
    'unknown patch type: foo in map: map[$patch:foo hostPID:true priority:3]',
  ],
  [
    'an unknown directive in a list',
    'PodSpec',
    { containers: named('a') },
    { containers: [{ $patch: 'foo', name: 'a', args: ['x', null] }] },
    500,
    'unknown patch type: foo in map: map[$patch:foo args:[x <nil>] name:a]',
  ],
  [
    'merge in a list',
    'PodSpec',
    { containers: named('a') },
    { containers: [{ $patch: 'merge', name: 'a' }] },
    500,
    'merging lists cannot yet be specified in the patch',
  ],
  [
    'keys beside $retainKeys',
    'DaemonSetSpec',
    { updateStrategy: {} },
    { updateStrategy: { $retainKeys: ['type'], rollingUpdate: {} } },
    400,
    'invalid patch format of retainKeys',
  ],
  [
    '$retainKeys that is no list',
    'DaemonSetSpec',
    { updateStrategy: {} },
    { updateStrategy: { $retainKeys: 'type' } },
    400,
    'invalid patch format of retainKeys',
  ],
  [
    'an order that is no list',
    'PodSpec',
    {},
    { '$setElementOrder/containers': 'a' },
    500,
    'expected a []interface {}, but received a string',
  ],
  [
    'mixed items',
    'ObjectMeta',
    { finalizers: ['a'] },
    { finalizers: [{ a: 1 }] },
    500,
    'list element types are not identical: [a map[a:1]]',
  ],
  [
    'a list of lists',
    'ObjectMeta',
    { finalizers: ['a'] },
    { finalizers: [['b']] },
    422,
    'lists of lists are not supported',
  ],
  [
    'a body that is a list',
    'PodSpec',
    {},
    [],
    400,
    'json: cannot unmarshal array into Go value of type map[string]interface {}',
  ],
]

test.each(refusals)('W10.6 W10.7 refuses %s', (_, type, target, patch, code, message) => {
  expect(() => strategicMergePatch(type, target, patch)).toThrow(expect.objectContaining({ code, message }))
})

test('W10.11 what kubectl apply sends for one variable removed and an image changed', () => {
  const env = [
    { name: 'A', value: '1' },
    { name: 'B', value: '2' },
  ]
  const live = {
    spec: { template: { spec: { containers: [{ name: 'main', image: 'nginx:1.25', env }, { name: 'side' }] } } },
  }
  const patch = JSON.parse(
    '{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"main"},{"name":"side"}],"containers":[{"$setElementOrder/env":[{"name":"B"}],"env":[{"$patch":"delete","name":"A"}],"image":"nginx:1.26","name":"main"}]}}}}',
  ) as object
  expect(strategicMergePatch('DaemonSet', live, patch)).toEqual({
    spec: {
      template: {
        spec: {
          containers: [{ name: 'main', image: 'nginx:1.26', env: [{ name: 'B', value: '2' }] }, { name: 'side' }],
        },
      },
    },
  })
})

test('a patch never reaches a prototype', () => {
  const patch = JSON.parse(
    '{"__proto__":{"polluted":1},"nodeSelector":{"__proto__":{"polluted":1},"constructor":null}}',
  )
  const result = strategicMergePatch('PodSpec', { nodeSelector: { a: '1' } }, patch)
  expect(({} as JsonObject).polluted).toBeUndefined()
  expect(JSON.stringify(result)).toBe(
    '{"nodeSelector":{"a":"1","__proto__":{"polluted":1}},"__proto__":{"polluted":1}}',
  )
})
