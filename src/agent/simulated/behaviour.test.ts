import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Annotations, type Behaviour, behaviourAnnotations, behaviourDefaults, behaviourOf } from './behaviour.ts'

const prefix = 'simulated.everynode.dev/'
const withPrefix = (short: Annotations) =>
  Object.fromEntries(Object.entries(short).map(([k, v]) => [`${prefix}${k}`, v]))

const table: [name: string, node: Annotations, pod: Annotations, expected: Partial<Behaviour>][] = [
  ['nothing said', {}, {}, {}],
  ['the pod says', {}, { 'start-ms': '5', 'never-ready': 'true' }, { startMs: 5, neverReady: true }],
  ['the node says, for a slow machine', { 'start-ms': '9000' }, {}, { startMs: 9000 }],
  ['the pod is stronger than its node', { 'start-ms': '9000' }, { 'start-ms': '5' }, { startMs: 5 }],
  ['a container by name', {}, { 'main.exit-code': '3', 'side.exit-code': '4' }, { exitCode: 3 }],
  ['a name is stronger than none', {}, { 'main.start-ms': '1', 'start-ms': '2' }, { startMs: 1 }],
  ['on these nodes', {}, { 'start-ms': '5', 'on-nodes': 'n0, n1' }, { startMs: 5 }],
  ['on other nodes', {}, { 'start-ms': '5', 'on-nodes': 'n2' }, {}],
  ['other annotations', {}, { unknown: 'x' }, {}],
]

test.each(table)('%s', (_name, node, pod, expected) => {
  const read = behaviourOf('main', { node: withPrefix(node), pod: withPrefix(pod), nodeName: 'n1' })
  expect(read).toEqual({ behaviour: { ...behaviourDefaults, ...expected }, problems: [] })
})

const wrong: [annotation: string, text: string][] = [
  ['start-ms', 'soon'],
  ['start-ms', '-5'],
  ['start-ms', '1.5'],
  ['start-ms', '99999999999999'],
  ['exit-code', '256'],
  ['never-ready', 'yes'],
  ['pull-error', ''],
]

test.each(wrong)('%s: "%s" has no effect, and that is said', (annotation, text) => {
  const read = behaviourOf('main', { node: {}, pod: withPrefix({ [annotation]: text }), nodeName: 'n1' })
  expect(read).toEqual({
    behaviour: behaviourDefaults,
    problems: [`annotation ${prefix}${annotation}: "${text}" is not understood and has no effect`],
  })
})

test('the guide tells every annotation, and no other', () => {
  const guide = readFileSync(new URL('../../../docs/guide/simulated-nodes.md', import.meta.url), 'utf8')
  const section = guide.slice(guide.indexOf('## How containers behave'), guide.indexOf('`NAME.key`'))
  const told = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, key]) => key)
  expect(told).toEqual([...behaviourAnnotations, 'on-nodes'])
})
