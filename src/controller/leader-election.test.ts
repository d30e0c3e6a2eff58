// Two candidates and one lease on the real API server, on a clock that is turned by hand.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { leases } from '../api/resources.ts'
import type { Lease } from '../api/types.ts'
import type { Send } from '../api/wire.ts'
import { createApiserver } from '../apiserver/apiserver.ts'
import { createAuthorizer } from '../apiserver/identity/authorize.ts'
import { VirtualClock } from '../base/clock.ts'
import { silentLog } from '../base/log.ts'
import { seededRandom } from '../base/random.ts'
import { createClient } from '../client/client.ts'
import { Unreachable } from '../client/unreachable.ts'
import { createMemoryStore } from '../store/memory.ts'
import { electionTimesProblem, type LeaderElection, startLeaderElection } from './leader-election.ts'

const clock = new VirtualClock()
const random = seededRandom(3)
const at = { namespace: 'kube-system', name: 'everynode-controller' }
let server: ReturnType<typeof createApiserver>
let started: LeaderElection[]
/** Candidates whose requests get no answer. */
const cutOff = new Set<string>()

beforeEach(async () => {
  const store = createMemoryStore({})
  server = createApiserver({ store, clock, random, log: silentLog, authorizer: createAuthorizer() })
  started = []
  cutOff.clear()
  await server.ready
})
afterEach(async () => {
  cutOff.clear()
  const stopping = Promise.all(started.map((one) => one.stop()))
  await pass(100)
  await stopping
  server.close()
})

function clientOf(identity: string) {
  const send: Send = async (request) => {
    if (cutOff.has(identity)) throw new Unreachable('cut off', undefined)
    return server.handle(request)
  }
  return createClient({ send, user: { name: identity, groups: ['system:masters'] }, userAgent: 'test' })
}

function candidate(identity: string) {
  const election = startLeaderElection({ client: clientOf(identity), clock, random, log: silentLog, ...at, identity })
  started.push(election)
  let lost = false
  void election.lost.then(() => {
    lost = true
  })
  return { election, lost: () => lost }
}

async function settle() {
  for (let i = 0; i < 8; i++) await new Promise((resolve) => setImmediate(resolve))
}

async function pass(ms: number) {
  await settle()
  for (let left = ms; left > 0; left -= 100) {
    clock.advance(100)
    await settle()
  }
}

const lease = () => clientOf('admin').get<Lease>(leases, at)

describe('leader election', () => {
  test('the first leads and renews every two seconds, the second waits', async () => {
    const a = candidate('a')
    await settle()
    const b = candidate('b')
    await pass(30_000)
    expect([a.election.isLeader, b.election.isLeader]).toEqual([true, false])
    expect(b.election.leader).toBe('a')
    const { spec } = await lease()
    expect(spec).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 })
    expect(clock.now() - Date.parse(spec!.renewTime!)).toBeLessThanOrEqual(2_000)
  })

  test('a leader that stops hands over at once: at the next look of the other', async () => {
    const a = candidate('a')
    await settle()
    const b = candidate('b')
    await pass(5_000)
    await a.election.stop()
    expect((await lease()).spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 })
    await pass(4_400)
    expect(b.election.isLeader).toBe(true)
    expect((await lease()).spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 })
  })

  test('a leader that is cut off gives up after ten seconds; the other leads after fifteen, never both', async () => {
    const a = candidate('a')
    await settle()
    const b = candidate('b')
    await pass(20_000)
    cutOff.add('a')
    let gaveUpMs: number | undefined
    let tookOverMs: number | undefined
    for (let ms = 0; ms < 25_000; ms += 100) {
      await pass(100)
      expect([a.election.isLeader, b.election.isLeader]).not.toEqual([true, true])
      if (!a.election.isLeader) gaveUpMs ??= ms
      if (b.election.isLeader) tookOverMs ??= ms
    }
    expect(a.lost()).toBe(true)
    expect(gaveUpMs).toBeGreaterThan(7_000)
    expect(gaveUpMs).toBeLessThan(12_100)
    expect(tookOverMs).toBeGreaterThan(12_000)
    expect(tookOverMs).toBeLessThan(20_000)
  })

  test('a short interruption loses nothing', async () => {
    const a = candidate('a')
    await pass(5_000)
    cutOff.add('a')
    await pass(6_000)
    cutOff.delete('a')
    await pass(10_000)
    expect([a.election.isLeader, a.lost()]).toEqual([true, false])
  })

  test('a lease that somebody took away is lost at once', async () => {
    const a = candidate('a')
    await pass(3_000)
    const live = await lease()
    await clientOf('admin').update<Lease>(leases, { ...live, spec: { ...live.spec, holderIdentity: 'intruder' } })
    await pass(2_200)
    expect([a.election.isLeader, a.lost()]).toEqual([false, true])
    await a.election.stop()
    expect((await lease()).spec?.holderIdentity).toBe('intruder')
  })

  test('a lease that was deleted is made anew', async () => {
    const a = candidate('a')
    await pass(3_000)
    await clientOf('admin').delete(leases, at)
    await pass(5_000)
    expect([a.election.isLeader, a.lost()]).toEqual([true, false])
    expect((await lease()).spec?.holderIdentity).toBe('a')
  })
})

test.each([
  [{ leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 }, undefined],
  [{ leaseMs: 10_000, renewDeadlineMs: 10_000, retryMs: 2_000 }, 'the lease must be longer than the renew deadline'],
  [{ leaseMs: 15_000, renewDeadlineMs: 2_000, retryMs: 2_000 }, /more than 1.2 retry periods/],
])('times that cannot work are refused: %j', (times, problem) => {
  const found = electionTimesProblem(times)
  if (problem === undefined) expect(found).toBeUndefined()
  else expect(found).toMatch(problem)
})
