import { expect, test } from 'vitest'
import {
  daemonSetOf,
  planFor,
  revisionOf,
  snapshotOf,
  template,
  type WorldOptions,
} from '../../../test/daemonset-worlds.ts'
import { expiredRevisions, historyOf, revisionName } from './history.ts'
import { reconcile } from './reconcile.ts'
import { revisionData, revisionDataText } from './revision-data.ts'
import { revisionHash } from './revision-hash.ts'

const data = revisionDataText(revisionData(template))
const hash = revisionHash(template, undefined)
const other = 'of another template'

const table: [name: string, world: string, options: WorldOptions, plan: string[]][] = [
  [
    '6.3 step 5 the first revision is number 1',
    'n1',
    { revisions: [] },
    [`create revision 1 with ${hash}: the template is new`],
  ],
  [
    '6.3 step 4 a new template follows the highest number',
    'n1',
    { revisions: [revisionOf('old', 7, other), revisionOf('older', 3, other)] },
    [`create revision 8 with ${hash}: the template is new`],
  ],
  [
    'R6.1 the collision count makes another hash',
    'n1',
    { revisions: [], status: { collisionCount: 1 } },
    [`create revision 1 with ${revisionHash(template, 1)}: the template is new`],
  ],
  [
    'R5.15 6.3 step 5 going back renumbers: 1, 2, undo, 2, 3',
    'n1 old',
    { revisions: [revisionOf('new', 1, data), revisionOf('old', 2, other)] },
    ['renumber revision logger-new to 3: it is current again'],
  ],
  [
    '6.3 step 2 a revision without a hash is labelled with its name',
    'n1 new',
    { revisions: [revisionOf('new', 1, data, { hash: undefined })] },
    ['label revision logger-new with logger-new: it has no hash'],
  ],
  [
    'R6.8 of two with one template the higher number stays, and takes the pods of the other',
    'n1 new | n3 old | n2 old',
    { revisions: [revisionOf('old', 1, data), revisionOf('new', 2, data)] },
    [
      'relabel pod n2-old0 to new: same template as logger-new',
      'relabel pod n3-old0 to new: same template as logger-new',
      'delete revision logger-old: same template as logger-new',
    ],
  ],
  [
    'B7 the pods of other templates keep their label',
    'n1 old',
    { revisions: [revisionOf('old', 1, other), revisionOf('twin', 2, data), revisionOf('new', 3, data)] },
    ['delete revision logger-twin: same template as logger-new'],
  ],
  [
    'R6.8 one that is going already is not deleted again, and pods of the same hash need no other label',
    'n1 new',
    { revisions: [revisionOf('new', 2, data), revisionOf('new', 1, data, { name: 'logger-twin', terminating: true })] },
    [],
  ],
  [
    'R4.2 a revision whose labels no longer match is let go',
    'n1',
    { revisions: [revisionOf('new', 1, data), revisionOf('old', 2, other, { labels: {} })] },
    ['release revision logger-old: the selector does not match its labels'],
  ],
  [
    'R4.3 an orphaned revision is adopted before anything else is decided',
    'n1',
    { revisions: [revisionOf('new', 1, data, { controller: undefined })] },
    ['adopt revision logger-new: the selector matches its labels'],
  ],
]
test.each(table)('%s', (_name, world, options, plan) => {
  expect(planFor(world, options)).toEqual(plan)
})

const olds = (...revisions: number[]) => revisions.map((number) => revisionOf(`r${number}`, number, other))
const expiring: [name: string, limit: number, withPods: string[], gone: number[]][] = [
  ['not more than the limit: none', 4, [], []],
  ['the oldest go first', 2, [], [1, 2]],
  ['one that pods still need is skipped, and the next one goes', 2, ['r1'], [2, 3]],
  ['no limit above what lives', 0, ['r2', 'r4'], [1, 3]],
]
test.each(expiring)('R6.11 %s', (_name, limit, withPods, gone) => {
  const steps = expiredRevisions(olds(4, 2, 1, 3), limit, (label) => withPods.includes(label))
  expect(steps.map((step) => (step.do === 'delete revision' ? step.revision.revision : undefined))).toEqual(gone)
})

test('R6.11 a pod that ended and waits for its finalizers still needs its revision', () => {
  const revisions = [revisionOf('new', 3, data), revisionOf('old', 2, other), revisionOf('older', 1, other)]
  const world = 'n1 new old.succeeded.terminating'
  expect(planFor(world, { revisions, revisionHistoryLimit: 0 })).toEqual([
    'delete revision logger-older: the history keeps 0 old revisions',
  ])
})

test('R7.6 while the history is made no status is counted', () => {
  expect(reconcile(snapshotOf('n1', { revisions: [] })).counters).toBeUndefined()
})

test('R6.4 R6.6 revisions are compared by their data, whatever their hash', () => {
  const { current } = historyOf(daemonSetOf({}), [revisionOf('of-an-older-kubernetes', 1, data)], () => [])
  expect(current?.hash).toBe('of-an-older-kubernetes')
})

test('R6.5 the name of a revision', () => {
  expect(revisionName({ metadata: { name: 'logger' } }, 'abc')).toBe('logger-abc')
})
