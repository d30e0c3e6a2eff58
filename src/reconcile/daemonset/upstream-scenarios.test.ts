import { expect, test } from 'vitest'
import { Model } from '../../../test/daemonset-model.ts'
import { daemonSetOf, nowMs, snapshotOf, type WorldOptions } from '../../../test/daemonset-worlds.ts'
import { placementOn, placementRules } from './placement.ts'
import type { Plan } from './plan.ts'
import { reconcile } from './reconcile.ts'
import { isUpdated } from './survey.ts'

// Upstream's unit tests by name (daemon_controller_test.go, update_test.go): what each world makes the decision do, in
// upstream's figures: creations, deletions, events.

const pods = (count: number, pod = 'new') => Array.from({ length: count }, () => pod).join(' ')
const nodes = (count: number, what = '', prefix = 'n') =>
  Array.from({ length: count }, (_, i) => `${prefix}${i} ${what}`.trim()).join(' | ')

function figures(plan: Plan): [creates: number, deletes: number, events: number] {
  const count = (what: string) => plan.actions.filter((action) => action.do === what).length
  const told = plan.actions.filter((action) => action.do === 'delete' && action.report !== undefined).length
  return [count('create'), count('delete'), count('report') + told]
}

const selector = (nodeSelector: Record<string, string>, spec: object = {}): WorldOptions => ({
  template: {
    metadata: { labels: { app: 'logger' } },
    spec: { containers: [{ name: 'c', image: 'logger:2' }], nodeSelector, ...spec },
  },
})
const ssd = selector({ color: 'blue' })
const onNode = (nodeName: string, nodeSelector: Record<string, string> = {}) => selector(nodeSelector, { nodeName })
const affinity = selector(
  {},
  {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'color', operator: 'In', values: ['blue'] }] }],
        },
      },
    },
  },
)
const surge: WorldOptions = { maxUnavailable: 0, maxSurge: '40%' }

const scenarios: [name: string, world: string, options: WorldOptions, figures: [number, number, number]][] = [
  ['SimpleDaemonSetLaunchesPods', nodes(5), {}, [5, 0, 0]],
  ['NoNodesDoesNothing', '', {}, [0, 0, 0]],
  ['OneNodeDaemonLaunchesPod', 'n1', {}, [1, 0, 0]],
  ['DontDoAnythingIfBeingDeleted', nodes(5), { deleting: true }, [0, 0, 0]],
  ['PodIsNotDeletedByDaemonsetWithEmptyLabelSelector', 'n1 new', { selectsEverything: true }, [0, 0, 1]],
  [
    'DealsWithExistingPods',
    `n0 | n1 new new.mismatched.foreign new.mismatched.foreign | n2 ${pods(2)} | n3 ${pods(5)} | n4`,
    {},
    [2, 5, 0],
  ],
  [
    'SelectorDaemonLaunchesPods',
    `${nodes(4)} | ${nodes(3, '', 'b').replace(/(b\d)/g, '$1[color=blue]')}`,
    ssd,
    [3, 0, 0],
  ],
  [
    'SelectorDaemonDeletesUnselectedPods',
    `n0 new | n1 ${pods(3)} | ${nodes(5, '', 'b').replace(/(b\d)/g, '$1[color=blue]')}`,
    ssd,
    [5, 4, 0],
  ],
  [
    'SelectorDaemonDealsWithExistingPods',
    `n0 new | n1 ${pods(3)} | n2 ${pods(2)} | n3 ${pods(4)} | b0[color=blue] | b1[color=blue] | b2[color=blue] | b3[color=blue] ${pods(9)} | b4[color=blue] ${pods(3)}`,
    ssd,
    [3, 20, 0],
  ],
  ['BadSelectorDaemonDoesNothing', nodes(4), selector({ color: 'green' }), [0, 0, 0]],
  [
    'SelectorDaemonSetLaunchesPods',
    `${nodes(4)} | ${nodes(3, '', 'b').replace(/(b\d)/g, '$1[color=blue]')}`,
    ssd,
    [3, 0, 0],
  ],
  ['NameDaemonSetLaunchesPods', nodes(5), onNode('n0'), [1, 0, 0]],
  ['BadNameDaemonSetDoesNothing', nodes(5), onNode('nobody'), [0, 0, 0]],
  ['NameAndSelectorDaemonSetLaunchesPods', 'n0 | b0[color=blue]', onNode('b0', { color: 'blue' }), [1, 0, 0]],
  ['InconsistentNameSelectorDaemonSetDoesNothing', 'n0 | b0[color=blue]', onNode('n0', { color: 'blue' }), [0, 0, 0]],
  [
    'NodeAffinityDaemonLaunchesPods',
    `${nodes(4)} | ${nodes(3, '', 'b').replace(/(b\d)/g, '$1[color=blue]')}`,
    affinity,
    [3, 0, 0],
  ],
  ['DaemonKillFailedPods 0 failed, 1 normal', 'n1 new', {}, [0, 0, 0]],
  ['DaemonKillFailedPods 0 failed, 0 normal', 'n1', {}, [1, 0, 0]],
  ['DaemonKillFailedPods 1 failed, 0 normal', 'n1 new.failed', {}, [0, 1, 1]],
  ['DaemonKillFailedPods 1 failed, 3 normal', 'n1 new.failed new new new', {}, [0, 3, 1]],
  ['NoScheduleTaintedDoesntEvicitRunningIntolerantPod', 'n1:NoSchedule new', {}, [0, 0, 0]],
  ['NoExecuteTaintedDoesEvicitRunningIntolerantPod', 'n1:NoExecute new', {}, [0, 1, 0]],
  ['TaintedNodeDaemonDoesNotLaunchIntolerantPod', 'n1:NoSchedule', {}, [0, 0, 0]],
  [
    'TaintedNodeDaemonLaunchesToleratePod',
    'n1:NoSchedule',
    selector({}, { tolerations: [{ key: 'test', operator: 'Exists' }] }),
    [1, 0, 0],
  ],
  ['NodeDaemonLaunchesToleratePod', 'n1:NoExecute', selector({}, { tolerations: [{ operator: 'Exists' }] }), [1, 0, 0]],
  ['DaemonSetRespectsTermination', 'n1 new.terminating', {}, [0, 0, 0]],
  ['DeleteUnscheduledPodForNotExistingNode', 'n1 new | gone? new new.unbound', {}, [0, 1, 0]],
  [
    'R5.6 one new and one old pod at most: the rest goes before anything is replaced',
    'n1 old old | n2 old',
    {},
    [0, 1, 0],
  ],
  ['SurgeDealsWithExistingPods', `n0 | n1 new | n2 ${pods(2)} | n3 ${pods(5)} | n4`, surge, [2, 5, 0]],
  [
    'SurgePreservesReadyOldPods',
    'n0 | n1 new | n2 old new.unready | n3 old old new.unready new.unready | n4',
    surge,
    [2, 2, 0],
  ],
  [
    'SurgeCreatesNewPodWhenAtMaxSurgeAndOldPodDeleted',
    'n0 old new.unready | n1 old.terminating',
    { maxUnavailable: 0, maxSurge: 1 },
    [1, 0, 0],
  ],
  ['SurgeDeletesUnreadyOldPods', 'n0 | n1 new | n2 old.unready new.unready | n3 new | n4', surge, [2, 1, 0]],
  ['DaemonSetUpdatesPods: two of five', nodes(5, 'old'), { maxUnavailable: 2 }, [0, 2, 0]],
  ['DaemonSetUpdatesPods: the two are made', 'n0 | n1 | n2 old | n3 old | n4 old', { maxUnavailable: 2 }, [2, 0, 0]],
  [
    'DaemonSetUpdatesPods: the next two',
    'n0 new | n1 new | n2 old | n3 old | n4 old',
    { maxUnavailable: 2 },
    [0, 2, 0],
  ],
  ['DaemonSetUpdatesPods: the last', 'n0 new | n1 new | n2 new | n3 new | n4 old', { maxUnavailable: 2 }, [0, 1, 0]],
  ['DaemonSetUpdatesPods: nothing', nodes(5, 'new'), { maxUnavailable: 2 }, [0, 0, 0]],
  [
    'DaemonSetUpdatesAllOldPodsNotReady: all five, whatever the limit',
    nodes(5, 'old.unready'),
    { maxUnavailable: 3 },
    [0, 5, 0],
  ],
  [
    'DaemonSetUpdatesAllOldPodsNotReadyMaxSurge: five at once, whatever the limit',
    nodes(5, 'old.unready'),
    { maxUnavailable: 0, maxSurge: 3 },
    [5, 0, 0],
  ],
  [
    'DaemonSetUpdatesAllOldPodsNotReadyMaxSurge: then the five old ones',
    nodes(5, 'old.unready new.unready'),
    { maxUnavailable: 0, maxSurge: 3 },
    [0, 5, 0],
  ],
]
test.each(scenarios)('%s', (_name, world, options, expected) => {
  expect(figures(reconcile(snapshotOf(world, options)))).toEqual(expected)
})

test.each(
  scenarios.filter(([name]) => !/Update|Surge|R5/.test(name)),
)('OnDelete too: %s', (_name, world, options, expected) => {
  expect(figures(reconcile(snapshotOf(world, { ...options, strategy: 'OnDelete' })))).toEqual(expected)
})

const taint = (key: string, effect: string) => ({ key, effect })
const facts = (more: { labels?: Record<string, string>; taints?: { key: string; effect: string }[] } = {}) => ({
  name: 'n1',
  labels: {},
  taints: [],
  ...more,
})
const spec = (more: object = {}) => placementRules({ spec: { containers: [{ name: 'c', image: 'x' }], ...more } })
const hostPort = spec({ containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 666, hostPort: 666 }] }] })
const greedy = spec({ containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: '1000' } } }] })

const shouldRun: [name: string, rules: ReturnType<typeof spec>, node: ReturnType<typeof facts>, placement: string][] = [
  ['NodeShouldRunDaemonPod: plain', spec(), facts(), 'run'],
  ['NodeShouldRunDaemonPod: insufficient resources', greedy, facts(), 'run'],
  ['NodeShouldRunDaemonPod: other nodeName', spec({ nodeName: 'other' }), facts(), 'leave'],
  ['NodeShouldRunDaemonPod: a host port clash', hostPort, facts(), 'run'],
  ['NodeShouldRunDaemonPod: selector mismatch', spec({ nodeSelector: { a: 'b' } }), facts(), 'leave'],
  ['NodeShouldRunDaemonPod: selector match', spec({ nodeSelector: { a: 'b' } }), facts({ labels: { a: 'b' } }), 'run'],
  [
    'NodeShouldRunDaemonPod: unschedulable',
    spec(),
    facts({ taints: [taint('node.kubernetes.io/unschedulable', 'NoSchedule')] }),
    'run',
  ],
  [
    'NotReadyNodeDaemonLaunchesPod',
    spec(),
    facts({ taints: [taint('node.kubernetes.io/not-ready', 'NoExecute')] }),
    'run',
  ],
  [
    'UnreachableNodeDaemonLaunchesPod',
    spec(),
    facts({ taints: [taint('node.kubernetes.io/unreachable', 'NoExecute')] }),
    'run',
  ],
  [
    'TaintPressureNodeDaemonLaunchesPod',
    spec(),
    facts({
      taints: ['disk', 'memory', 'pid'].map((what) => taint(`node.kubernetes.io/${what}-pressure`, 'NoSchedule')),
    }),
    'run',
  ],
  [
    'UnschedulableNodeDaemonDoesLaunchPod: cordoned and without network, on the host network',
    spec({ hostNetwork: true }),
    facts({
      taints: ['unschedulable', 'network-unavailable'].map((what) => taint(`node.kubernetes.io/${what}`, 'NoSchedule')),
    }),
    'run',
  ],
  [
    'R3.11 a node that is not ready takes no new pod, and keeps what runs',
    spec(),
    facts({
      taints: [taint('node.kubernetes.io/not-ready', 'NoSchedule'), taint('node.kubernetes.io/not-ready', 'NoExecute')],
    }),
    'keep',
  ],
  [
    'R3.5 whatever is not in the way runs',
    spec(),
    facts({ labels: { any: 'thing' }, taints: [taint('k', 'PreferNoSchedule')] }),
    'run',
  ],
]
test.each(shouldRun)('%s', (_name, rules, node, placement) => {
  expect(placementOn(node, rules)).toBe(placement)
})

const updated: [name: string, pod: string, generation: string | undefined, hash: string, isUpdated: boolean][] = [
  ['both labels', 'new', '2', 'new', true],
  ['the hash alone', 'new', undefined, 'new', true],
  ['the generation alone', 'new.generation', '2', 'new', true],
  ['neither', 'old', '2', 'new', false],
  ['no labels', 'new.unlabelled', '2', 'new', false],
  ['an empty hash fits nothing', 'new.unlabelled', undefined, '', false],
]
test.each(updated)('IsPodUpdated: %s', (_name, pod, templateGeneration, hash, expected) => {
  const [one] = snapshotOf(`n1 ${pod}`).pods
  expect(isUpdated(one!, { hash, templateGeneration, minReadySeconds: 0, surge: false })).toBe(expected)
})

const counted: [name: string, world: string, counters: object][] = [
  ['NumberReadyStatus: none', 'n1 new.unready | n2 new.unready', { numberReady: 0 }],
  ['NumberReadyStatus: both', 'n1 new | n2 new', { numberReady: 2 }],
]
test.each(counted)('%s', (_name, world, counters) => {
  expect(reconcile(snapshotOf(world)).counters).toMatchObject(counters)
})

test('GetNodesToDaemonPods: ours and those that end count, others and those that ended and go do not', () => {
  const world = 'n1 new new.failed | n2 new.mismatched.foreign | n3 new.succeeded.terminating | n4 new.terminating'
  expect(reconcile(snapshotOf(world)).counters).toMatchObject({ currentNumberScheduled: 2, desiredNumberScheduled: 4 })
})

/** Plays a rollout as upstream's tests do: sync, look, then what was made becomes ready and what goes is gone. */
function rollout(options: WorldOptions, nodeCount: number) {
  const model = new Model(options)
  for (let i = 0; i < nodeCount; i++) model.putNode(`n${i}`)
  const sync = (): string => {
    const plan = model.decide()
    model.carryOut(plan)
    const [creates, deletes] = figures(plan)
    return `${creates}c${deletes}d`
  }
  const start = () => {
    sync()
    model.settle()
    model.edit()
  }
  return { model, sync, start }
}

test('DaemonSetUpdatesPodsWithMaxSurge: made first, removed once the new one serves', () => {
  const { model, sync, start } = rollout({ maxUnavailable: 0, maxSurge: 2 }, 5)
  start()
  const seen = [sync()]
  for (let i = 0; i < 6; i++) {
    model.settle()
    seen.push(sync())
  }
  // Upstream does the deletions of a finished surge and the creations of the next in one sync; here the old one goes
  // first, and then the next surge begins (R2.22): the same steps, in more syncs.
  expect(seen.map((step) => step)).toEqual(['2c0d', '0c2d', '2c0d', '0c2d', '1c0d', '0c1d', '0c0d'])
})

test('B17 DaemonSetUpdatesPodsNotMatchTainstWithMaxSurge: a node that is no longer wanted loses its pod as others serve', () => {
  const { model, sync, start } = rollout({ maxUnavailable: 0, maxSurge: 1 }, 3)
  start()
  model.putNode('n0', 'NoSchedule')
  const seen: string[] = []
  for (let i = 0; i < 6; i++) {
    seen.push(sync())
    model.settle()
  }
  expect(seen).toEqual(['1c1d', '0c1d', '1c0d', '0c1d', '0c0d', '0c0d'])
  expect([...model.pods.values()].map(({ target }) => target).sort()).toEqual(['n1', 'n2'])
})

test('DaemonSetUpdatesAllOldPodsNotReadyMaxSurge: minReadySeconds is waited for', () => {
  const snapshot = snapshotOf('n0 old new.ready3 | n1 old new.ready6 | n2 old', {
    maxUnavailable: 0,
    maxSurge: 2,
    minReadySeconds: 5,
  })
  const plan = reconcile(snapshot)
  expect([...figures(plan), plan.againAtMs]).toEqual([0, 1, 0, nowMs + 2000])
})

const clash: [name: string, world: string, figures: [number, number, number]][] = [
  ['PortConflictWithSameDaemonPodDoesNotDeletePod', 'n1 new', [0, 0, 0]],
  ['NoPortConflictNodeDaemonLaunchesPod', 'n1 | n2 new', [1, 0, 0]],
  ['InsufficientCapacityNodeDaemonDoesNotUnscheduleRunningPod', 'n1 new | n2', [1, 0, 0]],
]
test.each(clash)('%s', (_name, world, expected) => {
  const template = {
    ...daemonSetOf({}).template,
    spec: {
      containers: [
        {
          name: 'c',
          image: 'x',
          ports: [{ containerPort: 1, hostPort: 666 }],
          resources: { requests: { cpu: '9000' } },
        },
      ],
    },
  }
  expect(figures(reconcile(snapshotOf(world, { template, templateGeneration: '2' })))).toEqual(expected)
})

test('B16 a pod that says it will have become ready is not available before that, and is looked at again then', () => {
  const ahead = snapshotOf('n1 new')
  const pods = ahead.pods.map((pod) => ({ ...pod, readySinceMs: nowMs + 4000 }))
  const plan = reconcile({ ...ahead, daemonSet: { ...ahead.daemonSet, minReadySeconds: 1 }, pods })
  expect([plan.counters?.numberAvailable, plan.againAtMs]).toEqual([0, nowMs + 5000])
})

test('B2 a node whose old pod never goes uses the budget up, as upstream', () => {
  expect(reconcile(snapshotOf('n1 old.terminating | n2 old | n3 old')).actions).toEqual([])
})

test('B5 during a surge the old pod speaks for the node', () => {
  const { counters } = reconcile(snapshotOf('n1 old.terminating new', surge))
  expect(counters).toMatchObject({ updatedNumberScheduled: 0, currentNumberScheduled: 1 })
})
