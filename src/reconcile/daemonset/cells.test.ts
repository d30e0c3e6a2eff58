import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nodeNames, rolloutOptions, segment, segments } from '../../../test/daemonset-arbitraries.ts'
import { nowMs, snapshotOf, type WorldOptions } from '../../../test/daemonset-worlds.ts'
import { Fleet } from './cells.ts'
import { claim } from './claim.ts'
import { placementOn, placementRules } from './placement.ts'
import { decide, reconcile, survey, targetOf } from './reconcile.ts'
import type { Snapshot } from './snapshot.ts'
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
  { weight: 1, arbitrary: rolloutOptions.map((options) => ({ do: 'edit', options }) as const) },
)

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
}

test('I12 whatever happens, deciding from what changed is deciding from everything', () => {
  fc.assert(
    fc.property(segments, rolloutOptions, fc.array(step, { maxLength: 25 }), (start, first, steps) => {
      const worlds = [...start]
      let options = first
      let waitedMs = 0
      const incremental = new Incremental()
      const check = (changed: readonly string[]) => {
        const snapshot = { ...snapshotOf(worlds.join(' | '), options), nowMs: nowMs + waitedMs }
        expect(incremental.decide(snapshot, changed)).toEqual(reconcile(snapshot))
      }
      check([])
      for (const one of steps) {
        if (one.do === 'change') worlds[one.at] = one.segment
        else if (one.do === 'wait') waitedMs += one.ms
        else options = one.options
        check(one.do === 'change' ? [nodeNames[one.at]!] : [])
      }
    }),
    { numRuns: 300 },
  )
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
