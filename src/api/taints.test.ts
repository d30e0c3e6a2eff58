import { expect, test } from 'vitest'
import { matchesNodeSelector } from './node-affinity.ts'
import { tolerates, untolerated } from './taints.ts'
import type { NodeSelectorRequirement, NodeSelectorTerm, Taint, Toleration } from './types.ts'

const taint: Taint = { key: 'gpu', value: 'yes', effect: 'NoSchedule' }

const table: [toleration: Toleration, covers: boolean][] = [
  [{ key: 'gpu', operator: 'Exists' }, true],
  [{ operator: 'Exists' }, true],
  [{ key: 'gpu', operator: 'Exists', effect: 'NoExecute' }, false],
  [{ key: 'other', operator: 'Exists' }, false],
  [{ key: 'gpu', operator: 'Equal', value: 'yes', effect: 'NoSchedule' }, true],
  [{ key: 'gpu', value: 'yes' }, true],
  [{ key: 'gpu', value: 'no' }, false],
  [{ key: 'gpu' }, false],
  [{ value: 'yes' }, true],
  [{ key: 'gpu', operator: 'Gt', value: '1' }, false],
  [{ key: 'gpu', operator: 'Exists', tolerationSeconds: 5 }, true],
]

test.each(table)('R3.12 %j covers the taint: %s', (toleration, covers) => {
  expect(tolerates(toleration, taint)).toBe(covers)
})

test('R3.12 two empty values are equal; the taints that are left keep their order', () => {
  expect(tolerates({ key: 'a' }, { key: 'a', effect: 'NoExecute' })).toBe(true)
  const [a, b] = [
    { key: 'a', effect: 'NoSchedule' },
    { key: 'b', effect: 'NoExecute' },
  ]
  expect(untolerated([a, taint, b], [{ key: 'gpu', operator: 'Exists' }])).toEqual([a, b])
})

const labels = { zone: 'a', cpus: '8' }

const expressions: [requirement: NodeSelectorRequirement, matches: boolean][] = [
  [{ key: 'zone', operator: 'In', values: ['a', 'b'] }, true],
  [{ key: 'zone', operator: 'In', values: ['b'] }, false],
  [{ key: 'zone', operator: 'NotIn', values: ['b'] }, true],
  [{ key: 'none', operator: 'NotIn', values: ['b'] }, true],
  [{ key: 'none', operator: 'In', values: ['b'] }, false],
  [{ key: 'zone', operator: 'Exists' }, true],
  [{ key: 'none', operator: 'DoesNotExist' }, true],
  [{ key: 'cpus', operator: 'Gt', values: ['7'] }, true],
  [{ key: 'cpus', operator: 'Gt', values: ['8'] }, false],
  [{ key: 'cpus', operator: 'Lt', values: ['9'] }, true],
  [{ key: 'zone', operator: 'Gt', values: ['1'] }, false],
  [{ key: 'none', operator: 'Gt', values: ['1'] }, false],
  // Malformed: never.
  [{ key: 'zone', operator: 'In', values: [] }, false],
  [{ key: 'none', operator: 'NotIn', values: [] }, false],
  [{ key: 'zone', operator: 'Exists', values: ['a'] }, false],
  [{ key: 'cpus', operator: 'Gt', values: ['7', '8'] }, false],
  [{ key: 'cpus', operator: 'Gt', values: ['7.5'] }, false],
  [{ key: 'none', operator: 'NotIn', values: ['not a value'] }, false],
  [{ key: '-zone', operator: 'DoesNotExist' }, false],
  [{ key: 'zone', operator: 'Is', values: ['a'] }, false],
]

test.each(expressions)('R3.8 %j matches: %s', (requirement, matches) => {
  expect(matchesNodeSelector({ nodeSelectorTerms: [{ matchExpressions: [requirement] }] }, labels, 'n1')).toBe(matches)
})

const named = (operator: string, ...values: string[]): NodeSelectorTerm => ({
  matchFields: [{ key: 'metadata.name', operator, values }],
})

const terms: [terms: NodeSelectorTerm[], matches: boolean][] = [
  [[], false],
  [[{}], false],
  [[{ matchExpressions: [], matchFields: [] }], false],
  [[{ matchExpressions: [{ key: 'zone', operator: 'Is' }] }, named('In', 'n1')], true],
  [[named('In', 'n1')], true],
  [[named('In', 'n2')], false],
  [[named('In', 'n1', 'n2')], false],
  [[named('NotIn', 'n2')], true],
  [[named('Exists')], false],
  [[{ matchFields: [{ key: 'spec.x', operator: 'In', values: [''] }] }], true],
  [[{ ...named('In', 'n1'), matchExpressions: [{ key: 'zone', operator: 'In', values: ['b'] }] }], false],
]

test.each(terms)('R3.7, R3.9 the terms %j match: %s', (nodeSelectorTerms, matches) => {
  expect(matchesNodeSelector({ nodeSelectorTerms }, labels, 'n1')).toBe(matches)
})

test('R3.7 no list of terms at all matches nothing', () => {
  expect(matchesNodeSelector({} as { nodeSelectorTerms: [] }, labels, 'n1')).toBe(false)
})
