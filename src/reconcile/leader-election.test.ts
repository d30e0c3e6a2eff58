import { expect, test } from 'vitest'
import { type LeaseSpec, nextElectionMove, releasedLease } from './leader-election.ts'

const at = (seconds: number) => Date.UTC(2026, 0, 1) + seconds * 1000
const held: LeaseSpec = {
  holderIdentity: 'b',
  leaseDurationSeconds: 15,
  acquireTime: '2026-01-01T00:00:00.000000Z',
  renewTime: '2026-01-01T00:00:00.000000Z',
  leaseTransitions: 4,
}

const table: [name: string, seen: LeaseSpec | undefined, sinceSeconds: number, nowSeconds: number, move: string][] = [
  ['no lease is made', undefined, 0, 0, 'create 0'],
  ['another holds it', held, 0, 14.999, 'wait for b'],
  ['another did not renew it', held, 0, 15, 'take 5'],
  ['its own times say nothing: ours count', { ...held, renewTime: '2020-01-01T00:00:00Z' }, 10, 24.999, 'wait for b'],
  ['its own length counts', { ...held, leaseDurationSeconds: 60 }, 0, 59.999, 'wait for b'],
  ['it has no length: ours counts', { holderIdentity: 'b' }, 0, 14.999, 'wait for b'],
  ['and ends so', { holderIdentity: 'b' }, 0, 15, 'take 1'],
  ['it was given back', { ...held, holderIdentity: '' }, 0, 0, 'take 5'],
  ['ours is renewed, however late', { ...held, holderIdentity: 'a' }, 0, 900, 'renew 4'],
]
test.each(table)('%s', (_, seen, sinceSeconds, nowSeconds, expected) => {
  const candidate = { identity: 'a', leaseSeconds: 15, nowMs: at(nowSeconds) }
  const move = nextElectionMove(candidate, seen && { spec: seen, sinceMs: at(sinceSeconds) })
  const text = move.do === 'wait' ? `wait for ${move.leader}` : `${move.do} ${move.spec.leaseTransitions}`
  expect(text).toBe(expected)
})

test('a renewal keeps when it was acquired, a hand-over does not', () => {
  const candidate = { identity: 'a', leaseSeconds: 15, nowMs: at(100) }
  const mine = { ...held, holderIdentity: 'a' }
  expect(nextElectionMove(candidate, { spec: mine, sinceMs: at(90) })).toEqual({
    do: 'renew',
    spec: { ...mine, renewTime: '2026-01-01T00:01:40.000000Z' },
  })
  expect(nextElectionMove(candidate, { spec: held, sinceMs: at(0) })).toMatchObject({
    spec: { acquireTime: '2026-01-01T00:01:40.000000Z', holderIdentity: 'a' },
  })
})

test('whoever sees a lease given back takes it at once', () => {
  const spec = releasedLease(held, at(5))
  const move = nextElectionMove({ identity: 'a', leaseSeconds: 15, nowMs: at(5) }, { spec, sinceMs: at(5) })
  expect(move).toMatchObject({ do: 'take', spec: { leaseTransitions: 5, leaseDurationSeconds: 15 } })
})
