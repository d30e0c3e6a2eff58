import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nodeNames, rolloutOptions, segment, segments } from '../../../test/daemonset-arbitraries.ts'
import { nowMs, snapshotOf, type WorldOptions } from '../../../test/daemonset-worlds.ts'
import { sortedBy } from '../../base/sorted.ts'
import { Fleet } from './cells.ts'
import { claim } from './claim.ts'
import type { FailedPod } from './failed-pods.ts'
import type { Room } from './fit.ts'
import { manage } from './manage.ts'
import { placementOn, placementRules } from './placement.ts'
import { type Plan, printAction } from './plan.ts'
import { decide, reconcile, survey, targetOf } from './reconcile.ts'
import type { Snapshot } from './snapshot.ts'
import {
  bothNewAvailable,
  bothNewUnavailable,
  isListed,
  oldAvailable,
  oldUnavailable,
  type Stage,
  stageOf,
} from './stage.ts'
import { surveyNode } from './survey.ts'

test('I13 the order in which lists arrive does not change the plan', () => {
  fc.assert(
    fc.property(segments, rolloutOptions, fc.integer(), (worlds, options, seed) => {
      const snapshot = snapshotOf(worlds.join(' | '), options)
      const shuffled = <T>(items: readonly T[]): T[] =>
        items
          .map((item, i) => ({ item, at: Math.imul(seed ^ (i + 1), 0x9e3779b1) }))
          .sort((a, b) => a.at - b.at)
          .map(({ item }) => item)
      const other = {
        ...snapshot,
        nodes: shuffled(snapshot.nodes),
        pods: shuffled(snapshot.pods),
        revisions: shuffled(snapshot.revisions),
      }
      expect(reconcile(other)).toEqual(reconcile(snapshot))
    }),
  )
})

type Step =
  | { readonly do: 'room'; readonly at: number; readonly full: boolean }
  | { readonly do: 'change'; readonly at: number; readonly segment: string }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'edit'; readonly options: WorldOptions }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .nat(nodeNames.length - 1)
      .chain((at) => segment(nodeNames[at]!).map((text) => ({ do: 'change', at, segment: text }) as const)),
  },
  { weight: 2, arbitrary: fc.nat(8000).map((ms) => ({ do: 'wait', ms }) as const) },
  {
    weight: 1,
    arbitrary: fc.tuple(rolloutOptions, fc.nat(2), fc.boolean()).map(
      ([options, generation, paused]) =>
        ({
          do: 'edit',
          options: { ...options, paused, status: { observedGeneration: generation } },
        }) as const,
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('room' as const),
      at: fc.nat(nodeNames.length - 1),
      full: fc.boolean(),
    }),
  },
)

/** A node on which nothing else runs, or on which nothing more may. */
const room = (full: boolean): Room => ({ allocatable: new Map([['pods', full ? 0n : 110_000n]]), pods: [] })

/** A fleet that is told which nodes changed, and nothing else. */
class Incremental {
  #fleet: Fleet | undefined

  decide(snapshot: Snapshot, changed: readonly string[]) {
    const { daemonSet } = snapshot
    const pods = claim(snapshot.pods, daemonSet)
    return decide({
      ...snapshot,
      pods,
      revisions: claim(snapshot.revisions, daemonSet),
      podsWithHash: (hash) => pods.ours.filter((pod) => pod.hash === hash),
      fleet: (target) => {
        const fleet = this.#fleet ?? survey(daemonSet, snapshot.nodes, pods.ours, target, snapshot.nowMs)
        if (this.#fleet !== undefined) {
          fleet.advance(snapshot.nowMs)
          fleet.retarget(target)
          const rules = placementRules(daemonSet.template)
          for (const name of changed) {
            const node = snapshot.nodes.find((one) => one.name === name)
            const placement = node === undefined ? undefined : placementOn(node, rules)
            fleet.set(
              name,
              surveyNode(
                name,
                placement,
                pods.ours.filter((pod) => pod.target === name),
              ),
            )
          }
        }
        this.#fleet = fleet
        return fleet
      },
    })
  }

  /** How many rows are at each stage, and those whose names are asked for: by what the fleet keeps, and by a search. */
  stages(nowMs: number): { readonly kept: unknown; readonly searched: unknown } {
    const fleet = this.#fleet
    if (fleet === undefined) return { kept: 'nothing', searched: 'nothing' }
    const rows = sortedBy(fleet.rows(), ({ node }) => node)
    const at = (stage: Stage) =>
      rows.filter((row) => stageOf(row, fleet.target, nowMs) === stage).map(({ node }) => node)
    return {
      kept: stages.map((stage) => [
        fleet.count(stage),
        isListed(stage) && fleet.rowsAt([stage]).map(({ node }) => node),
      ]),
      searched: stages.map((stage) => [at(stage).length, isListed(stage) && at(stage)]),
    }
  }
}

const stages: readonly Stage[] = [
  'excess',
  'empty',
  'new available',
  'new unavailable',
  ...oldAvailable,
  ...oldUnavailable,
  ...bothNewAvailable,
  ...bothNewUnavailable,
]

test('I12 whatever happens, deciding from what changed is deciding from everything', () => {
  fc.assert(
    fc.property(segments, rolloutOptions, fc.array(step, { maxLength: 25 }), (start, first, steps) => {
      const worlds = [...start]
      const full = new Set<string>()
      const failedPods = new Map<string, FailedPod>()
      let options = first
      let waitedMs = 0
      const incremental = new Incremental()
      const roomOn = (name: string) => room(full.has(name))
      const check = (changed: readonly string[]) => {
        const world = snapshotOf(worlds.join(' | '), { ...options, roomOn, failedPods })
        const snapshot = { ...world, nowMs: nowMs + waitedMs }
        const whole = reconcile(snapshot)
        expect(comparable(incremental.decide(snapshot, changed))).toEqual(comparable(whole))
        for (const [name, failed] of whole.failedPods) failedPods.set(name, failed)
      }
      check([])
      for (const one of steps) {
        if (one.do === 'change') worlds[one.at] = one.segment
        else if (one.do === 'wait') waitedMs += one.ms
        else if (one.do === 'edit') options = one.options
        else if (one.full) full.add(nodeNames[one.at]!)
        else full.delete(nodeNames[one.at]!)
        check(one.do === 'change' || one.do === 'room' ? [nodeNames[one.at]!] : [])
      }
      const { kept, searched } = incremental.stages(nowMs + waitedMs)
      expect(kept).toEqual(searched)
    }),
    { numRuns: 300 },
  )
})

/** Who has been refused is in `refused`; an action says it only to whoever has just asked. */
function comparable(plan: Plan) {
  return {
    ...plan,
    actions: plan.actions.filter((action) => action.do !== 'refuse'),
    refused: [...plan.refused].sort(),
  }
}

test('C12 3.6 a node without room is asked once, until its row is set', () => {
  const snapshot = snapshotOf('n1 | n2 | n3')
  const fleet = survey(snapshot.daemonSet, snapshot.nodes, [], targetOf(snapshot.daemonSet, 'new'), nowMs)
  let asked = 0
  const full = new Set(['n1', 'n2'])
  const look = () => {
    const before = asked
    const { visited } = fleet
    const plan = decide({
      ...snapshot,
      pods: { adopt: [], release: [] },
      revisions: claim(snapshot.revisions, snapshot.daemonSet),
      podsWithHash: () => [],
      fleet: () => fleet,
      roomOn: (name) => {
        asked++
        return room(full.has(name))
      },
    })
    const looked = [asked - before, fleet.visited - visited]
    return [looked, plan.actions.map(printAction).join(', '), [...plan.refused.keys()].join()]
  }
  const why = 'insufficient pods: needs 1, 0 of 0 left'
  const create = 'create on n3: node has no daemon pod'
  expect(look()).toEqual([[3, 3], `will not fit on n1: ${why}, will not fit on n2: ${why}, ${create}`, 'n1,n2'])
  expect(look()).toEqual([[1, 1], create, 'n1,n2'])
  full.delete('n2')
  fleet.set('n2', surveyNode('n2', 'run', []))
  expect(look()).toEqual([[2, 2], `create on n2: node has no daemon pod, ${create}`, 'n1'])
})

test('C12 3.6 a node that waits for room keeps the time of its failed pod', () => {
  const failedPods = new Map([['n1', { generation: 1, sinceMs: nowMs, delayMs: 8000 }]])
  const snapshot = snapshotOf('n1 old.failed', { failedPods, maxUnavailable: 0, maxSurge: 1 })
  const target = targetOf(snapshot.daemonSet, 'new')
  const fleet = survey(snapshot.daemonSet, snapshot.nodes, snapshot.pods, target, nowMs)
  let asked = 0
  const look = (afterMs: number) => {
    const plan = decide({
      ...snapshot,
      nowMs: nowMs + afterMs,
      pods: { adopt: [], release: [] },
      revisions: claim(snapshot.revisions, snapshot.daemonSet),
      podsWithHash: () => [],
      fleet: () => fleet,
      roomOn: () => {
        asked++
        return room(true)
      },
    })
    return [plan.actions.map((action) => action.do).join(), plan.againAtMs, asked]
  }
  expect(look(0)).toEqual(['refuse', nowMs + 8000, 1])
  expect(look(1)).toEqual(['', nowMs + 8000, 1])
  expect(look(8000)).toEqual(['delete', undefined, 1])
})

test('C12 3.6 a node without room for a new pod beside the old one is asked once, and misses nothing', () => {
  const snapshot = snapshotOf('n1 old', { maxUnavailable: 0, maxSurge: 1 })
  const target = targetOf(snapshot.daemonSet, 'new')
  const fleet = survey(snapshot.daemonSet, snapshot.nodes, snapshot.pods, target, nowMs)
  const look = () => {
    const plan = decide({
      ...snapshot,
      pods: { adopt: [], release: [] },
      revisions: claim(snapshot.revisions, snapshot.daemonSet),
      podsWithHash: () => [],
      fleet: () => fleet,
      roomOn: () => room(true),
    })
    return [plan.actions.map((action) => action.do).join(), plan.refused.size]
  }
  expect([look(), look()]).toEqual([
    ['refuse', 0],
    ['', 0],
  ])
  fleet.set('n1', surveyNode('n1', 'run', [...snapshot.pods]))
  expect(look()).toEqual(['refuse', 0])
  fleet.refuse('nobody', 'not there')
  expect(fleet.refused.size).toBe(0)
})

test('C12 a failed pod that waits is not looked at before its time, and a new generation ends the wait', () => {
  const failedPods = new Map([['n1', { generation: 1, sinceMs: nowMs, delayMs: 8000 }]])
  const snapshot = snapshotOf('n1 new.failed | n2 new | n3', { failedPods })
  const fleet = survey(snapshot.daemonSet, snapshot.nodes, snapshot.pods, targetOf(snapshot.daemonSet, 'new'), nowMs)
  // Another wait, which a new generation does not end.
  fleet.wait('n3', { for: 'creation', untilMs: nowMs + 1_000_000 })
  const look = (afterMs: number, observedGeneration = 1) => {
    const { visited } = fleet
    fleet.advance(nowMs + afterMs)
    const daemonSet = { ...snapshot.daemonSet, status: { ...snapshot.daemonSet.status, observedGeneration } }
    const { actions, againAtMs } = manage(fleet, daemonSet, failedPods)
    return [fleet.visited - visited, actions.length, againAtMs ?? fleet.nextChangeMs()]
  }
  expect(look(0)).toEqual([1, 0, nowMs + 8000])
  expect(look(7999)).toEqual([0, 0, nowMs + 8000])
  expect(look(7999, 2)).toEqual([1, 1, nowMs + 1_000_000])
  expect([look(8000), fleet.waitingForCreation]).toEqual([[1, 1, nowMs + 1_000_000], 1])
})

test('A5 a plan stops where it is told, and takes those first that are urgent', () => {
  const snapshot = snapshotOf('n1 | n2 | n3 | n4')
  const fleet = survey(snapshot.daemonSet, snapshot.nodes, [], targetOf(snapshot.daemonSet, 'new'), nowMs)
  const look = (atMost: number) => {
    const { visited } = fleet
    const plan = manage(fleet, snapshot.daemonSet, new Map(), atMost)
    return [plan.actions.map(({ node }) => node).join(), fleet.visited - visited]
  }
  expect(look(2)).toEqual(['n1,n2', 3])
  fleet.hurry('n4')
  fleet.hurry('nobody')
  expect([fleet.isUrgent('n4'), fleet.isUrgent('n1'), fleet.isUrgent('nobody')]).toEqual([true, false, false])
  expect(look(2)).toEqual(['n4,n1', 3])
  expect(look(9)[0]).toBe('n4,n1,n2,n3')
  // Its pod is there: nothing is urgent any more, nor when it is missing again.
  fleet.set('n4', surveyNode('n4', 'run', snapshotOf('n4 new').pods))
  fleet.set('n4', surveyNode('n4', 'run', []))
  expect(look(9)[0]).toBe('n1,n2,n3,n4')
  fleet.hurry('n3')
  fleet.set('n3', undefined)
  expect(look(9)[0]).toBe('n1,n2,n4')
  fleet.wait('n1', { for: 'creation', untilMs: nowMs + 10 })
  expect([look(9)[0], fleet.waitingForCreation, fleet.nextChangeMs()]).toEqual(['n2,n4', 1, nowMs + 10])
  fleet.advance(nowMs + 10)
  expect([look(9)[0], fleet.waitingForCreation]).toEqual(['n1,n2,n4', 0])
})

test('C12 a change of one node is one cell, whatever the size of the fleet', () => {
  const world = Array.from({ length: 1000 }, (_, i) => `n${i} old`).join(' | ')
  const snapshot = snapshotOf(world)
  const target = targetOf(snapshot.daemonSet, 'new')
  const fleet = survey(snapshot.daemonSet, snapshot.nodes, snapshot.pods, target, nowMs)
  expect(fleet.evaluated).toBe(1000)
  fleet.set('n500', surveyNode('n500', 'run', []))
  fleet.retarget({ ...target })
  expect(fleet.evaluated).toBe(1001)
  expect(fleet.counters.currentNumberScheduled).toBe(999)
  fleet.retarget({ ...target, hash: 'old' })
  expect(fleet.evaluated).toBe(2001)
  expect(fleet.counters.updatedNumberScheduled).toBe(999)
})

test('a row that changes often leaves no trail of deadlines', () => {
  const snapshot = snapshotOf('n1 new.ready1', { minReadySeconds: 3600 })
  const fleet = new Fleet(targetOf(snapshot.daemonSet, 'new'), nowMs)
  const [pod] = snapshot.pods
  for (let i = 0; i < 1000; i++) {
    fleet.set('n1', surveyNode('n1', 'run', [{ ...pod!, readySinceMs: nowMs - i }]))
    expect(fleet.deadlines).toBeLessThan(100)
  }
  expect(fleet.nextChangeMs()).toBe(nowMs - 999 + 3_600_000)
  fleet.advance(nowMs + 3_600_000)
  expect(fleet.counters.numberAvailable).toBe(1)
  expect(fleet.nextChangeMs()).toBeUndefined()
})

test('a wait of a node that needs nothing is no wait, and waits leave no trail either', () => {
  const snapshot = snapshotOf('n1 new.ready1 | n2', { minReadySeconds: 3600 })
  const target = targetOf(snapshot.daemonSet, 'new')
  const fleet = survey(snapshot.daemonSet, snapshot.nodes, snapshot.pods, target, nowMs)
  fleet.wait('n1', { for: 'creation', untilMs: nowMs + 1 })
  fleet.wait('nobody', { for: 'creation', untilMs: nowMs + 1 })
  expect([fleet.waitingForCreation, fleet.nextChangeMs()]).toEqual([0, nowMs + 3_599_000])
  for (let i = 0; i < 300; i++) {
    fleet.set('n2', surveyNode('n2', 'run', []))
    fleet.wait('n2', { for: 'creation', untilMs: nowMs + 1000 + i })
    expect(fleet.deadlines).toBeLessThan(100)
  }
  expect([fleet.waitingForCreation, fleet.nextChangeMs()]).toEqual([1, nowMs + 1299])
  fleet.set('n3', surveyNode('n3', 'run', []))
  fleet.refuse('n3', 'no room')
  for (let i = 0; i < 100; i++) {
    fleet.set('n2', surveyNode('n2', 'run', []))
    fleet.wait('n2', { for: 'creation', untilMs: nowMs + 2000 + i })
  }
  expect([[...fleet.refused], fleet.deadlines < 100]).toEqual([[['n3', 'no room']], true])
})

test('the first rows of several stages, by name over all of them', () => {
  const snapshot = snapshotOf('n1 old | n2:NoSchedule old | n3 old | n4:NoSchedule old')
  const fleet = survey(snapshot.daemonSet, snapshot.nodes, snapshot.pods, targetOf(snapshot.daemonSet, 'new'), nowMs)
  const first = (count: number) =>
    fleet.rowsAt(['old available, unwanted', 'old available, wanted'], count).map(({ node }) => node)
  expect([first(3), first(9)]).toEqual([
    ['n1', 'n2', 'n3'],
    ['n1', 'n2', 'n3', 'n4'],
  ])
})

test('R3.15 a pod that is meant for no node is counted nowhere, and left alone', () => {
  const snapshot = snapshotOf('n1 new')
  const lost = { ...snapshot.pods[0]!, name: 'lost', uid: 'lost', target: undefined, boundTo: undefined }
  const plan = reconcile({ ...snapshot, pods: [...snapshot.pods, lost] })
  expect([plan.actions, plan.counters?.currentNumberScheduled]).toEqual([[], 1])
})

test('A5 a plan that was cut short says that there is more', () => {
  const snapshot = snapshotOf('n1 | n2 | n3')
  const plan = (atMost: number) =>
    decide({
      ...snapshot,
      pods: { adopt: [], release: [] },
      revisions: claim(snapshot.revisions, snapshot.daemonSet),
      podsWithHash: () => [],
      fleet: (target) => survey(snapshot.daemonSet, snapshot.nodes, [], target, nowMs),
      atMost,
    })
  expect([plan(2).more, plan(2).actions.length, plan(4).more, reconcile(snapshot).more]).toEqual([
    true,
    2,
    false,
    false,
  ])
})
