import { expect, test } from 'vitest'
import { nothingToDo, type Plan } from '../../reconcile/daemonset/plan.ts'
import { CreationHold } from './creation-hold.ts'
import { daemonSetLimits } from './limits.ts'

const plan = (...nodes: string[]): Plan => ({
  ...nothingToDo,
  actions: nodes.map((node) => ({ do: 'create', node, because: 'test' })),
})
const nodesOf = ({ actions }: Plan) => actions.map((action) => (action.do === 'create' ? action.node : action.do))
const heard = (created: string[], refusedOn: string[], namespaceIsGoing = false) => ({
  created: new Set(created),
  refusedOn: new Set(refusedOn),
  namespaceIsGoing,
})

test('I11 what was refused or skipped waits, longer each time; a node that comes meanwhile does not', () => {
  const hold = new CreationHold()
  const { initialMs } = daemonSetLimits.afterRefusal
  hold.heard(plan('a', 'b', 'c'), heard([], ['a']), 0)
  expect(nodesOf(hold.apply(plan('a', 'b', 'c', 'new'), initialMs - 1))).toEqual(['new'])
  expect(hold.endMs(0)).toBe(initialMs)
  expect(nodesOf(hold.apply(plan('a', 'b', 'c', 'new'), initialMs))).toEqual(['new', 'b', 'c', 'a'])
  hold.heard(plan('b', 'c', 'a'), heard(['b', 'c'], ['a']), initialMs)
  expect(hold.endMs(initialMs)).toBe(initialMs + 2 * initialMs)
})

test('no node starves behind one that is always refused, though plans come in the order of names', () => {
  const hold = new CreationHold()
  const left = new Set(['a', 'b', 'c', 'd'])
  for (let now = 0; now < 1000 && left.size > 1; now += 100) {
    const tried = hold.apply(plan(...left), now)
    // Slow start's first batch is one creation: where it is refused, the rest is skipped.
    const nodes = nodesOf(tried)
    const good = nodes[0] === 'a' ? [] : nodes.filter((node) => node !== 'a')
    for (const node of good) left.delete(node)
    hold.heard(tried, heard(good, nodes.includes('a') ? ['a'] : []), now)
  }
  expect([...left]).toEqual(['a'])
})

test('R2.20 a namespace that goes away takes nothing, from no node, for five minutes', () => {
  const hold = new CreationHold()
  hold.heard(plan('a'), heard([], [], true), 0)
  expect(nodesOf(hold.apply(plan('a', 'new'), 299_999))).toEqual([])
  expect(nodesOf(hold.apply(plan('a', 'new'), 300_000))).toEqual(['a', 'new'])
})

test('when all went well the next refusal counts as the first', () => {
  const hold = new CreationHold()
  for (let i = 0; i < 5; i++) hold.heard(plan('a'), heard([], ['a']), 0)
  hold.heard(plan('a'), heard(['a'], []), 10_000)
  hold.heard(plan('b'), heard([], ['b']), 10_000)
  expect(hold.endMs(10_000)).toBe(10_000 + daemonSetLimits.afterRefusal.initialMs)
  hold.keep(new Set(), 20_000)
  expect(nodesOf(hold.apply(plan('b'), 10_000))).toEqual(['b'])
})
