import { expect, test } from 'vitest'
import { collectGarbage, type GarbageAction, type OwnerState } from './garbage-collection.ts'

interface World {
  owners?: OwnerState[]
  /** `b` blocks, `w` waits itself: 'b', 'bw', ''. */
  dependents?: string[]
  deleting?: boolean
  finalizers?: string[]
}

function plan({ owners = [], dependents = [], deleting = false, finalizers = [] }: World): string[] {
  const reference = (uid: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: uid, uid })
  const actions = collectGarbage({
    item: { uid: 'item', deleting, finalizers, ownerReferences: owners.map((_, i) => reference(`o${i}`)) },
    owners,
    dependents: dependents.map((d, i) => ({ uid: `d${i}`, blocks: d.includes('b'), waiting: d.includes('w') })),
  })
  return actions.map(said)
}

function said(action: GarbageAction): string {
  switch (action.do) {
    case 'delete':
      return `delete ${action.propagation}: ${action.because}`
    case 'release':
      return `release ${action.owners}: ${action.because}`
    case 'visit':
      return `visit ${action.uids}`
    case 'remove finalizer':
      return `remove ${action.finalizer}`
    default:
      return action.do
  }
}

const table: [name: string, world: World, plan: string[]][] = [
  ['without owners nothing happens', {}, []],
  ['an owner that is there keeps it', { owners: ['present'] }, []],
  ['R10.17 all owners gone', { owners: ['absent', 'absent'] }, ['delete Background: its owner is gone']],
  ['one of two owners gone', { owners: ['absent', 'present'] }, ['release o0: another owner remains']],
  ['one waits, one is there', { owners: ['waiting for dependents', 'present'] }, ['release o0: another owner remains']],
  [
    'R10.18 the owner waits',
    { owners: ['waiting for dependents'] },
    ['delete Background: its owner waits for it to go'],
  ],
  [
    'R10.18 the owner waits, and the item has dependents',
    { owners: ['waiting for dependents'], dependents: ['b'] },
    ['delete Foreground: its owner waits for it to go'],
  ],
  [
    'a circle is cut',
    { owners: ['waiting for dependents'], dependents: ['bw'] },
    ['unblock', 'delete Foreground: its owner waits for it to go'],
  ],
  [
    'W11.7 its own finalizer decides',
    { owners: ['absent'], finalizers: ['orphan'] },
    ['delete Orphan: its owner is gone'],
  ],
  [
    'W11.7 and so does the other',
    { owners: ['absent'], finalizers: ['foregroundDeletion'] },
    ['delete Foreground: its owner is gone'],
  ],
  ['what is being deleted is left alone', { owners: ['absent'], deleting: true }, []],
  ['R10.19 orphan', { deleting: true, finalizers: ['orphan'], dependents: ['b'] }, ['orphan', 'remove orphan']],
  [
    'R10.18 foreground visits the dependents',
    { deleting: true, finalizers: ['foregroundDeletion'], dependents: ['b', '', 'bw'] },
    ['visit d0,d1'],
  ],
  [
    'W11.6 foreground ends when nobody blocks',
    { deleting: true, finalizers: ['foregroundDeletion'], dependents: [''] },
    ['remove foregroundDeletion'],
  ],
  [
    'foreground waits for those that wait',
    { deleting: true, finalizers: ['foregroundDeletion'], dependents: ['bw'] },
    [],
  ],
]

test.each(table)('%s', (_name, world, expected) => {
  expect(plan(world)).toEqual(expected)
})
