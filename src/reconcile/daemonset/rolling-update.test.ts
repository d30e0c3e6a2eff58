import { expect, test } from 'vitest'
import { planFor, snapshotOf, type WorldOptions } from '../../../test/daemonset-worlds.ts'
import { allowsSurge, budgetOf } from './budget.ts'
import { reconcile } from './reconcile.ts'

/** What a plan does, without the reasons: `-n1-old0` deletes, `+n1` creates. */
function steps(world: string, options: WorldOptions): string {
  const words = reconcile(snapshotOf(world, options)).actions.map((action) =>
    action.do === 'delete' ? `-${action.pod.name}` : action.do === 'create' ? `+${action.node}` : action.do,
  )
  return words.join(' ')
}

const many = (count: number, pods: string, from = 1) =>
  Array.from({ length: count }, (_, i) => `n${String(from + i).padStart(2, '0')} ${pods}`).join(' | ')
const names = (count: number, from = 1) =>
  Array.from({ length: count }, (_, i) => `-n${String(from + i).padStart(2, '0')}-old0`).join(' ')

const replacing: [name: string, world: string, options: WorldOptions, steps: string][] = [
  ['one old pod at a time, by name', 'n2 old | n1 old', {}, '-n1-old0'],
  ['DaemonSetUpdatesPods: as many as may be unavailable', many(5, 'old'), { maxUnavailable: 2 }, names(2)],
  ['R5.2 percent of what is desired, rounded up', many(5, 'old'), { maxUnavailable: '21%' }, names(2)],
  ['R5.3 one goes on where nothing may', 'n1 old | n2 old', { maxUnavailable: '0%', maxSurge: 0 }, '-n1-old0'],
  ['R5.3 a node with a going pod is unavailable', 'n1 old.terminating | n2 old', {}, ''],
  ['DaemonSetUpdatesWhenNewPodIsNotReady', 'n1 new.unready | n2 new.unready | n3 old', { maxUnavailable: 2 }, ''],
  ['R5.7 ready is not enough', 'n1 new.ready5 | n2 old', { minReadySeconds: 10 }, ''],
  ['R5.7 available after minReadySeconds', 'n1 new.ready10 | n2 old', { minReadySeconds: 10 }, '-n2-old0'],
  [
    'DaemonSetUpdatesSomeOldPodsNotReady',
    'n1 old.unready | n2 old.unready | n3 old',
    { maxUnavailable: 2 },
    '-n1-old0 -n2-old0',
  ],
  ['R5.9 all old pods that are down, beyond the limit', many(5, 'old.unready'), { maxUnavailable: 3 }, names(5)],
  [
    'DaemonSetUpdatesSaveOldHealthyPods 10',
    `${many(10, 'old.unready')} | ${many(10, 'old', 11)}`,
    { maxUnavailable: 10 },
    names(10),
  ],
  [
    'DaemonSetUpdatesSaveOldHealthyPods 11',
    `${many(10, 'old.unready')} | ${many(10, 'old', 11)}`,
    { maxUnavailable: 11 },
    `${names(10)} -n11-old0`,
  ],
  [
    'DaemonSetUpdatesAllOldNotReadyPodsAndNewNotReadyPods',
    `${many(88, 'new.unready')} | m1 old.unready | m2 old.unready | ${many(9, 'old', 90)}`,
    { maxUnavailable: 10 },
    '-m1-old0 -m2-old0',
  ],
  ['DaemonSetUpdatesNoTemplateChanged', 'n1 new | n2 new', {}, ''],
  ['R5.5 R6.7 the template generation will do', 'n1 new.generation', {}, ''],
  ['R4.5 an adopted pod without labels is old', 'n1 old.unlabelled', {}, '-n1-old0'],
  ['R5.8 an old pod where none may start is updated as well', 'n1:NoSchedule old', {}, '-n1-old0'],
  ['R5.14 OnDelete waits for the user', 'n1 old | n2 old.unready', { strategy: 'OnDelete' }, ''],
  ['R2.22 what is missing comes first', 'n1 | n2 old', {}, '+n1'],
]
test.each(replacing)('mode A %s', (_name, world, options, expected) => {
  expect(steps(world, options)).toBe(expected)
})

const surge1 = { maxUnavailable: 0, maxSurge: 1 }
const surge2 = { maxUnavailable: 0, maxSurge: 2 }
const surging: [name: string, world: string, options: WorldOptions, steps: string][] = [
  ['R5.12 as many as the surge allows, by name', many(5, 'old'), surge2, '+n01 +n02'],
  ['R5.12 what surges already counts', `n1 old new.unready | ${many(4, 'old', 2)}`, surge2, '+n02'],
  ['R5.12 no more than that', 'n1 old new.unready | n2 old', surge1, ''],
  ['R5.12 a node whose old pod is down is no surge', many(5, 'old.unready'), surge2, '+n01 +n02 +n03 +n04 +n05'],
  ['R5.11 an old pod that is down where none may start goes', 'n1:NoSchedule old.unready', surge1, '-n1-old0'],
  ['R5.11 one that serves goes only when enough others serve', 'n1:NoSchedule old | n2 old', surge1, '-n1-old0 +n2'],
  ['R5.11 and not before', 'n1:NoSchedule old | n2 new.unready', surge1, ''],
  ['B6 a pod of a vanished node does not stop the others', 'n1? old | n2 old', surge1, '+n2'],
  ['B6 nor does it keep an old pod there beside a new one that serves', 'n1? old new', surge1, '-n1-old0'],
  ['R2.22 what is missing comes before any surge', 'n1 | n2 old', surge1, '+n1'],
  ['R5.10 maxUnavailable plays no part', 'n1 new.unready | n2 old', surge1, '+n2'],
  ['R5.4 a surge of nothing replaces', 'n1 old', { maxUnavailable: 1, maxSurge: '0%' }, '-n1-old0'],
]
test.each(surging)('mode B %s', (_name, world, options, expected) => {
  expect(steps(world, options)).toBe(expected)
})

// Upstream's GetUnavailableNumbers table: (desired, strategy) → (surge, unavailable).
const budgets: [
  desired: number,
  maxUnavailable: number | string,
  maxSurge: number | string,
  surge: number,
  unavailable: number,
][] = [
  [0, 0, 0, 0, 0],
  [2, 1, 0, 0, 1],
  [2, 0, 0, 0, 1],
  [2, '50%', 0, 0, 1],
  [2, 0, '50%', 1, 0],
  [2, 0, '100%', 2, 0],
  [3, '50%', 0, 0, 2],
  [3, 'nonsense', 0, 0, 1],
]
test.each(
  budgets,
)('R5.2 R5.3 %i nodes, %s unavailable, %s surge', (desired, maxUnavailable, maxSurge, surge, unavailable) => {
  const limits = { strategy: 'RollingUpdate', maxUnavailable, maxSurge } as const
  expect(budgetOf(limits, desired)).toEqual({ maxSurge: surge, maxUnavailable: unavailable })
})

const paused: [name: string, world: string, options: WorldOptions, plan: string[]][] = [
  ['no old pod is replaced, and the plan says why', 'n1 new | n2 old | n3 old.unready', {}, [heldBack(2)]],
  ['a missing pod is still made', 'n1 | n2 old', {}, ['create on n1: node has no daemon pod', heldBack(1)]],
  ['a failed one is still removed', 'n1 old.failed', {}, ['delete n1-old0 on n1: the daemon pod failed', heldBack(1)]],
  ['no surge begins', 'n1 old', { maxUnavailable: 0, maxSurge: 1 }, [heldBack(1)]],
  [
    'a surge that had begun is finished on its node',
    'n1 old new',
    { maxUnavailable: 0, maxSurge: 1 },
    ['delete n1-old0 on n1: the new pod is available'],
  ],
  ['an update that is finished holds nothing', 'n1 new', {}, []],
  ['OnDelete has nothing to hold', 'n1 old', { strategy: 'OnDelete' }, []],
]
test.each(paused)('B14 paused: %s', (_name, world, options, plan) => {
  expect(planFor(world, { ...options, paused: true })).toEqual(plan)
})

function heldBack(nodes: number): string {
  const have = nodes === 1 ? '1 node has' : `${nodes} nodes have`
  return `on hold: the rollout is paused (annotation everynode.dev/paused), ${have} an old pod`
}

test('R4.16 OnDelete never surges', () => {
  expect(allowsSurge({ strategy: 'OnDelete', maxUnavailable: 0, maxSurge: 1 })).toBe(false)
})

test('a plan says why', () => {
  expect(planFor('n1 old.unready | n2 old', { maxUnavailable: 2 })).toEqual([
    'delete n1-old0 on n1: old revision, not available',
    'delete n2-old0 on n2: old revision',
  ])
})

test('R7.4 the plan says when a pod will have been ready for long enough', () => {
  const snapshot = snapshotOf('n1 new.ready4 | n2 new.ready2', { minReadySeconds: 10 })
  expect(reconcile(snapshot).againAtMs).toBe(snapshot.nowMs + 6000)
})
