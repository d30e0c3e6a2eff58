import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nodeNames, rolloutOptions, segments } from '../../../test/daemonset-arbitraries.ts'
import { Model } from '../../../test/daemonset-model.ts'
import { snapshotOf, type WorldOptions } from '../../../test/daemonset-worlds.ts'
import { budgetOf } from './budget.ts'
import { placementOn, placementRules } from './placement.ts'
import type { Plan } from './plan.ts'
import { reconcile } from './reconcile.ts'
import type { PodFacts } from './snapshot.ts'

type Happening =
  | { readonly do: 'taint'; readonly node: string; readonly effect: string | undefined }
  | { readonly do: 'remove node'; readonly node: string }
  | { readonly do: 'pod'; readonly at: number; readonly becomes: Partial<PodFacts> | 'gone' | 'ready' }
  | { readonly do: 'edit' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'decide'; readonly actions: number }

const node = fc.constantFrom(...nodeNames)
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('taint' as const),
      node,
      effect: fc.constantFrom(undefined, undefined, 'NoSchedule', 'NoExecute'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove node' as const), node }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('pod' as const),
      at: fc.nat(20),
      becomes: fc.constantFrom<Partial<PodFacts> | 'gone' | 'ready'>(
        'ready',
        'ready',
        'gone',
        'gone',
        { readySinceMs: undefined },
        { phase: 'Failed', readySinceMs: undefined },
        { phase: 'Succeeded', readySinceMs: undefined },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'edit' } as const) },
  { weight: 2, arbitrary: fc.nat(10_000).map((ms) => ({ do: 'wait', ms }) as const) },
  { weight: 6, arbitrary: fc.constantFrom(1, 2, 100).map((actions) => ({ do: 'decide', actions }) as const) },
)

function happen(model: Model, what: Happening, decide: (actions: number) => void): void {
  switch (what.do) {
    case 'taint':
      model.putNode(what.node, what.effect)
      return
    case 'remove node':
      model.nodes.delete(what.node)
      return
    case 'pod': {
      const pod = [...model.pods.values()][what.at]
      if (pod === undefined) return
      // Only what is going can be gone.
      if (what.becomes === 'gone') {
        if (pod.terminating) model.pods.delete(pod.name)
      } else if (pod.phase !== 'Failed' && pod.phase !== 'Succeeded') {
        const ready = { phase: 'Running' as const, boundTo: pod.target, readySinceMs: pod.readySinceMs ?? model.nowMs }
        model.change(pod.name, what.becomes === 'ready' ? ready : what.becomes)
      }
      return
    }
    case 'edit':
      model.edit()
      return
    case 'wait':
      model.nowMs += what.ms
      return
    case 'decide':
      decide(what.actions)
      return
    default:
      what satisfies never
  }
}

function isAvailable(model: Model, pod: PodFacts, minReadySeconds = 0): boolean {
  return pod.readySinceMs !== undefined && pod.readySinceMs + minReadySeconds * 1000 <= model.nowMs
}

/** Wanted nodes on which nothing serves. */
function unavailableNodes(model: Model, options: WorldOptions): string[] {
  const rules = placementRules(model.snapshot().daemonSet.template)
  return [...model.nodes.values()]
    .filter((one) => placementOn(one, rules) === 'run')
    .map((one) => one.name)
    .filter((name) => !model.liveOn(name).some((pod) => isAvailable(model, pod, options.minReadySeconds)))
}

function checkOnePodANode(model: Model, surge: boolean): void {
  for (const name of nodeNames) {
    const live = model.liveOn(name)
    expect(live.length, `I1 live pods on ${name}`).toBeLessThanOrEqual(surge ? 2 : 1)
    if (live.length === 2) expect(new Set(live.map((pod) => pod.hash)).size, `I1 revisions on ${name}`).toBe(2)
  }
}

test('I1 I2 at most one live pod a node, and never more than maxUnavailable taken down by us, at every step', () => {
  fc.assert(
    fc.property(rolloutOptions, fc.array(happening, { minLength: 20, maxLength: 80 }), (options, happenings) => {
      const model = new Model(options)
      for (const name of nodeNames) model.putNode(name)
      const surge = options.strategy === 'RollingUpdate' && options.maxSurge !== 0
      const decide = (count: number) => {
        const snapshot = model.snapshot()
        const plan = model.decide()
        const done = plan.actions.slice(0, count)
        // Ours to answer for: pods of wanted nodes that serve, and that the rollout takes down.
        const takenDown = done.filter(
          (action) =>
            action.do === 'delete' &&
            action.because.startsWith('old revision') &&
            isAvailable(model, action.pod, options.minReadySeconds) &&
            snapshot.nodes.some((one) => one.name === action.node && one.taints.length === 0),
        )
        model.carryOut(plan, count)
        checkOnePodANode(model, surge)
        if (takenDown.length === 0) return
        expect(options.strategy, 'I9').toBe('RollingUpdate')
        if (surge) return expect(takenDown, 'I2 with surge the new pod serves first').toEqual([])
        const { maxUnavailable } = budgetOf(snapshot.daemonSet, plan.counters!.desiredNumberScheduled)
        expect(unavailableNodes(model, options).length, 'I2').toBeLessThanOrEqual(maxUnavailable)
      }
      for (const what of happenings) happen(model, what, decide)
    }),
    { numRuns: 400 },
  )
})

test('I2 with surge a pod that serves is taken from a wanted node only where a new one serves', () => {
  fc.assert(
    fc.property(segments, fc.constantFrom(0, 5), (worlds, minReadySeconds) => {
      const snapshot = snapshotOf(worlds.join(' | '), { maxUnavailable: 0, maxSurge: 1, minReadySeconds })
      const plan = reconcile(snapshot)
      const going = new Set(plan.actions.flatMap((action) => (action.do === 'delete' ? [action.pod.uid] : [])))
      for (const action of plan.actions) {
        if (action.do !== 'delete' || action.because !== 'the new pod is available') continue
        const left = snapshot.pods.filter(
          (pod) => pod.target === action.node && !going.has(pod.uid) && pod.readySinceMs !== undefined,
        )
        expect(left.length, action.node).toBeGreaterThan(0)
      }
    }),
  )
})

test('I3 a pod of somebody else is never touched, and nothing that is going is deleted again', () => {
  fc.assert(
    fc.property(segments, rolloutOptions, (worlds, options) => {
      const snapshot = snapshotOf(worlds.join(' | '), options)
      for (const action of reconcile(snapshot).actions) {
        if (action.do !== 'delete') continue
        expect(action.pod.controller?.uid).toBe(snapshot.daemonSet.uid)
        expect(action.pod.terminating).toBe(false)
      }
    }),
  )
})

test('R5.1 R5.12 no pod is created where none should run, nor two on one node', () => {
  fc.assert(
    fc.property(segments, rolloutOptions, (worlds, options) => {
      const snapshot = snapshotOf(worlds.join(' | '), options)
      const rules = placementRules(snapshot.daemonSet.template)
      const created = reconcile(snapshot).actions.flatMap((action) => (action.do === 'create' ? [action.node] : []))
      expect(new Set(created).size).toBe(created.length)
      const wanted = snapshot.nodes.filter((one) => placementOn(one, rules) === 'run').map((one) => one.name)
      expect(wanted).toEqual(expect.arrayContaining(created))
    }),
  )
})

test('L1 L5 whatever happened, once it stops the fleet is right within a bounded number of steps, and stays', () => {
  fc.assert(
    fc.property(rolloutOptions, fc.array(happening, { maxLength: 60 }), (options, happenings) => {
      const model = new Model(options)
      for (const name of nodeNames) model.putNode(name)
      const decide = (count: number) => model.carryOut(model.decide(), count)
      for (const what of happenings) happen(model, what, decide)
      let plan: Plan = model.decide()
      for (let round = 0; round < 60; round++) {
        model.carryOut(plan)
        model.settle()
        // Longer than the longest wait a failed pod can have here.
        model.nowMs += 20 * 60 * 1000
        plan = model.decide()
      }
      expect(plan.actions).toEqual([])
      expect(unavailableNodes(model, options)).toEqual([])
      expect(plan.counters).toMatchObject({
        currentNumberScheduled: plan.counters?.desiredNumberScheduled,
        numberAvailable: plan.counters?.desiredNumberScheduled,
      })
      if (options.strategy === 'RollingUpdate') {
        const old = [...model.pods.values()].filter((pod) => pod.hash !== model.hash)
        expect(old.filter((pod) => model.nodes.get(pod.target!)?.taints.length === 0)).toEqual([])
      }
      for (const name of nodeNames) expect(model.liveOn(name).length).toBeLessThanOrEqual(1)
    }),
    { numRuns: 200 },
  )
})
