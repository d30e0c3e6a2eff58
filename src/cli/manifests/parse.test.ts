import { expect, test } from 'vitest'
import { configMaps, daemonSets } from '../../api/resources.ts'
import { keysOf, parseManifests } from './parse.ts'

const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n'
const objectsOf = (text: string) => parseManifests(text, 'x.yaml').map(({ object }) => object)

test('one document, several, empty ones between, a list, and JSON', () => {
  expect(parseManifests(configMap, 'x.yaml')[0]).toMatchObject({ file: 'x.yaml', resource: configMaps })
  expect(objectsOf(`---\n# nothing\n---\n${configMap}---\n${configMap}---\n`)).toHaveLength(2)
  expect(objectsOf('')).toEqual([])
  const list = `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n- ${configMap
    .trim()
    .replaceAll('\n', '\n  ')}\n`
  expect(objectsOf(list).map(({ metadata }) => metadata.name)).toEqual(['a', 'x'])
  expect(objectsOf(JSON.stringify({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'j' } }))).toHaveLength(
    1,
  )
})

test('X14 YAML 1.1, as kubectl reads it; a time stays text', () => {
  const [{ data } = { data: undefined }] = objectsOf(
    `${configMap}data: {a: yes, b: "yes", c: 012, d: 1e3, e: 2026-01-02, f: 0x10, g: 1:30, h: ~, i: e0, j: ., k: .5, l: 1.}`,
  )
  expect(data).toEqual({
    a: true,
    b: 'yes',
    c: 10,
    d: 1000,
    e: '2026-01-02',
    f: 16,
    g: '1:30',
    h: null,
    i: 'e0',
    j: '.',
    k: 0.5,
    l: 1,
  })
})

const bad: [name: string, text: string, message: string | RegExp][] = [
  ['a tab', 'a: b\n\tc: d', /^x\.yaml:2:1: .*[Tt]ab/],
  ['bad indentation', 'metadata:\n  name: x\n data: {}', 'x.yaml:3:1: All mapping items must start at the same column'],
  ['two keys of one name', 'kind: A\nkind: B', 'x.yaml:2:1: Map keys must be unique'],
  ['text only', 'hello', 'x.yaml:1:1: not a Kubernetes object (a mapping with apiVersion and kind is needed)'],
  ['a list of things', '- a', /^x\.yaml:1:1: not a Kubernetes object/],
  ['no kind', '\napiVersion: v1\nmetadata: {}', 'x.yaml:2:1: kind is not set'],
  ['no apiVersion', 'kind: Pod', 'x.yaml:1:1: apiVersion is not set'],
  ['no name', 'apiVersion: v1\nkind: Pod\nmetadata: {}', 'x.yaml:3:1: metadata.name is not set (a text is needed)'],
  ['a name that is a number', 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: 1', /^x\.yaml:4:3: metadata\.name/],
  [
    'an unknown kind',
    'apiVersion: v1\nkind: Foo\nmetadata: {name: x}',
    'x.yaml:2:1: resource mapping not found for name "x": no matches for kind "Foo" in version "v1"',
  ],
  ['a bad item', 'apiVersion: v1\nkind: List\nitems: [1]', /items\[0\] is not a Kubernetes object/],
]

test.each(bad)('%s: file, line, column, and what is wrong', (_name, text, message) => {
  expect(() => parseManifests(text, 'x.yaml')).toThrow(message)
})

test('B7 CVE-2019-11253: an alias bomb is refused at once', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
  for (const [at, name] of [...'bcdefghi'].entries()) {
    const before = 'abcdefghi'[at]
    bomb.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`)
  }
  const begin = performance.now()
  expect(() => parseManifests(bomb.join('\n'), 'x.yaml')).toThrow(/x\.yaml:1:1: .*alias/)
  expect(performance.now() - begin).toBeLessThan(500)
})

test('where a field stands, or the nearest thing around it', () => {
  const text = `# a comment
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: x
  annotations:
    a.b/c: d
spec:
  template:
    spec:
      containers:
      - name: main
        image: x
      - name: side
`
  const [manifest] = parseManifests(text, 'x.yaml')
  expect(manifest?.resource).toBe(daemonSets)
  for (const [field, position] of [
    ['spec', '8:1'],
    ['metadata.annotations[a.b/c]', '7:5'],
    ['spec.template.spec.containers[0].image', '13:9'],
    ['spec.template.spec.containers[1].image', '14:9'],
    ['spec.template.spec.containers[1]', '14:9'],
    ['spec.selector', '8:1'],
    ['spec.template.spec.containers.env.name', '11:7'],
  ]) {
    expect([field, manifest?.positionOf(field!)]).toEqual([field, `x.yaml:${position}`])
  }
})

test('a path as its keys', () => {
  expect(keysOf('a.b[0].c[d.e/f].g')).toEqual(['a', 'b', 0, 'c', 'd.e/f', 'g'])
})
