import { expect, test } from 'vitest'
import { daemonSetOf, planFor, snapshotOf } from '../../../test/daemonset-worlds.ts'
import { type Claim, claimOn } from './claim.ts'

const table: [name: string, pod: string, Claim][] = [
  ['R4.2 owned, and the selector matches', 'new', 'ours'],
  ['R4.2 owned, also while it terminates', 'new.terminating', 'ours'],
  ['R4.2 owned, and the selector does not match', 'new.mismatched', 'release'],
  ['R4.2 somebody else owns it', 'new.foreign', 'foreign'],
  ['R4.3 nobody owns it, and the selector matches', 'new.orphan', 'adopt'],
  ['R4.3 nobody owns it, and the selector does not match', 'new.orphan.mismatched', 'foreign'],
  ['R4.3 nobody owns it, and it terminates', 'new.orphan.terminating', 'foreign'],
]
test.each(table)('%s', (_name, pod, claim) => {
  expect(claimOn(snapshotOf(`n1 ${pod}`).pods[0]!, daemonSetOf({}))).toBe(claim)
})

test('I7 a DaemonSet that is going neither adopts nor releases', () => {
  const [orphan, mismatched] = snapshotOf('n1 new.orphan new.mismatched').pods
  const deleting = daemonSetOf({ deleting: true })
  expect([claimOn(orphan!, deleting), claimOn(mismatched!, deleting)]).toEqual(['foreign', 'ours'])
})

test('R4.2 a ReplicaSet of the same uid would not be us', () => {
  const [pod] = snapshotOf('n1 new').pods
  const controller = { ...pod!.controller!, kind: 'ReplicaSet' }
  expect(claimOn({ ...pod!, controller }, daemonSetOf({}))).toBe('foreign')
})

test('R4.4 nothing is created or deleted before everything is claimed', () => {
  expect(planFor('n1 new.orphan | n2 new.mismatched | n3')).toEqual([
    'adopt pod n1-new0: the selector matches its labels',
    'release pod n2-new0: the selector does not match its labels',
  ])
})
