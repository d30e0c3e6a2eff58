import fc from 'fast-check'
import { expect, test } from 'vitest'
import { daemonSet } from '../../../test/daemonset-cluster.ts'
import { toldWorld } from '../../../test/daemonset-told.ts'
import { formatTime } from '../../api/time.ts'
import type { Node, Pod } from '../../api/types.ts'
import { keyOf } from '../../client/cache.ts'
import { printPlan } from '../../reconcile/daemonset/plan.ts'
import { ownerReference } from '../../reconcile/daemonset/pod-template.ts'
import { decide, reconcile } from '../../reconcile/daemonset/reconcile.ts'
import { revisionHash } from '../../reconcile/daemonset/revision-hash.ts'
import { revisionFor } from './carry-out-history.ts'
import { daemonSetFacts, nodeFacts, podFacts, revisionFacts } from './facts.ts'

const names = ['n1', 'n2', 'n3'] as const
const start = Date.UTC(2026, 0, 1)

interface Change1 {
  readonly do: 'node' | 'no node' | 'pod' | 'no pod' | 'template' | 'wait'
  readonly node: (typeof names)[number]
  readonly pod: number
  readonly effect: string | undefined
  readonly label: string | undefined
  readonly owner: 'ours' | 'nobody' | 'another'
  readonly matches: boolean
  readonly image: string
  readonly state: 'pending' | 'ready' | 'failed' | 'going'
}

const change: fc.Arbitrary<Change1> = fc.record({
  do: fc.constantFrom('node', 'no node', 'pod', 'pod', 'pod', 'no pod', 'template', 'wait'),
  node: fc.constantFrom(...names),
  pod: fc.nat(4),
  effect: fc.constantFrom(undefined, undefined, 'NoSchedule', 'NoExecute'),
  label: fc.constantFrom(undefined, 'true'),
  owner: fc.constantFrom('ours', 'ours', 'ours', 'nobody', 'another'),
  matches: fc.constantFrom(true, true, true, false),
  image: fc.constantFrom('logger:1', 'logger:2'),
  state: fc.constantFrom('pending', 'ready', 'ready', 'failed', 'going'),
})

test('I12 whatever the events were, the decision is that of a look at everything; and what changes it was queued', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), fc.boolean(), (changes, selective) => {
      const it = toldWorld()
      let nowMs = start
      const put = (image: string, generation: number) => {
        const object = daemonSet(image, { minReadySeconds: 3 })
        if (selective) object.spec.template.spec.nodeSelector = { ssd: 'true' }
        const metadata = { ...object.metadata, uid: 'u1', generation }
        it.daemonSets.put({ ...object, metadata })
        const hash = revisionHash(object.spec.template, undefined)
        const revision = revisionFor({ ...object, metadata }, generation, hash)
        if (it.revisions.informer.get(keyOf(revision)) === undefined)
          it.revisions.put({ ...revision, metadata: { ...revision.metadata, uid: hash } })
        return hash
      }
      let generation = 1
      const hashes: Record<string, string> = { 'logger:1': put('logger:1', 1) }
      const look = (): string => {
        const current = it.daemonSets.informer.get(it.key)!
        const incremental = decide(it.gathering.known(current, nowMs))
        const whole = reconcile({
          nowMs,
          daemonSet: daemonSetFacts(current),
          nodes: it.nodes.informer.list().map(nodeFacts),
          pods: it.pods.informer.list().map(podFacts),
          revisions: it.revisions.informer.list().map(revisionFacts),
          failedPods: new Map(),
          roomOn: undefined,
        })
        const order = (plan: typeof whole) => ({
          ...plan,
          actions: plan.actions.map((action) => JSON.stringify(action)).sort(),
        })
        expect(order(incremental)).toEqual(order(whole))
        if (settleClaims(whole)) return look()
        return JSON.stringify([printPlan(whole), whole.counters])
      }
      /** What the controller would do at once: an event never finds a claim that is still open. */
      const settleClaims = ({ actions }: ReturnType<typeof decide>) => {
        const claims = actions.flatMap((action) =>
          action.do === 'adopt pod' || action.do === 'release pod' ? [action] : [],
        )
        for (const { do: what, pod } of claims) {
          const object = it.pods.informer.get(`default/${pod.name}`)!
          const ownerReferences = what === 'adopt pod' ? [ownerReference({ name: 'logger', uid: 'u1' })] : []
          it.pods.put({ ...object, metadata: { ...object.metadata, ownerReferences } })
        }
        return claims.length > 0
      }
      let last = look()
      for (const one of changes) {
        it.queued.clear()
        switch (one.do) {
          case 'node':
            it.nodes.put({
              metadata: { name: one.node, labels: one.label === undefined ? {} : { ssd: one.label } },
              spec: { taints: one.effect === undefined ? [] : [{ key: 'k', effect: one.effect }] },
            })
            break
          case 'no node':
            it.nodes.remove(one.node)
            break
          case 'pod': {
            // Whoever is going does not come back.
            const before = it.pods.informer.get(`default/p${one.pod}`)?.metadata.deletionTimestamp
            const since = before ?? (one.state === 'going' ? formatTime(nowMs) : undefined)
            const going = since === undefined ? {} : { deletionTimestamp: since }
            const owners =
              one.owner === 'nobody'
                ? []
                : [ownerReference({ name: 'logger', uid: one.owner === 'ours' ? 'u1' : 'u2' })]
            it.pods.put({
              metadata: {
                name: `p${one.pod}`,
                namespace: 'default',
                uid: `p${one.pod}`,
                creationTimestamp: formatTime(start),
                labels: {
                  app: one.matches ? 'logger' : 'other',
                  'controller-revision-hash': hashes[one.image] ?? 'unknown',
                },
                ownerReferences: owners,
                ...going,
              },
              spec: { nodeName: one.node, containers: [] },
              status: {
                phase: one.state === 'failed' ? 'Failed' : one.state === 'pending' ? 'Pending' : 'Running',
                conditions:
                  one.state === 'ready'
                    ? [{ type: 'Ready', status: 'True', lastTransitionTime: formatTime(nowMs) }]
                    : [],
              },
            })
            break
          }
          case 'no pod':
            it.pods.remove(`default/p${one.pod}`)
            break
          case 'template':
            hashes[one.image] = put(one.image, ++generation)
            break
          case 'wait':
            nowMs += 1500
            break
          default:
            one.do satisfies never
        }
        const before = last
        last = look()
        // Section 2: an event that changes what is to be done, or counted, must wake the controller.
        if (last !== before && one.do !== 'wait') expect([...it.queued], JSON.stringify(one)).toEqual([it.key])
      }
    }),
    { numRuns: 300 },
  )
})

const labelled = (labels: Record<string, string>, allocatable?: Record<string, string>): Node => ({
  metadata: { name: 'n1', labels },
  ...(allocatable === undefined ? {} : { status: { allocatable } }),
})

test('R2.16 R2.17 a node that changes wakes only those whose placement changes', () => {
  const it = toldWorld()
  const object = daemonSet()
  it.daemonSets.put({ ...object, metadata: { ...object.metadata, uid: 'u1', generation: 1 } })
  it.nodes.put(labelled({}))
  it.queued.clear()
  const { evaluated } = it.triggers.classes
  it.nodes.put(labelled({ unrelated: 'yes' }))
  it.nodes.put(labelled({ unrelated: 'yes' }, { cpu: '4' }))
  expect([it.queued.size, it.triggers.classes.evaluated]).toEqual([0, evaluated])
  it.nodes.put({ ...labelled({}), spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } })
  expect([...it.queued]).toEqual([it.key])
})

test('3.6 a DaemonSet whose pod did not fit is woken when the node has more room, and only then', () => {
  const it = toldWorld()
  const object = daemonSet()
  it.daemonSets.put({ ...object, metadata: { ...object.metadata, uid: 'u1', generation: 1 } })
  it.nodes.put(labelled({}, { cpu: '1' }))
  it.pods.put({ metadata: { name: 'other', namespace: 'x', uid: 'o' }, spec: { nodeName: 'n1', containers: [] } })
  const woken = (act: () => void) => {
    it.queued.clear()
    act()
    return it.queued.size
  }
  const grow = (cpu: string) => woken(() => it.nodes.put(labelled({}, { cpu })))
  expect(grow('2')).toBe(0)
  it.triggers.refusedOn(it.key, 'n1')
  expect(grow('3')).toBe(1)
  // Once: whoever is refused again says so again.
  expect(grow('4')).toBe(0)
  const other = it.pods.informer.get('x/other')!
  it.triggers.refusedOn(it.key, 'n1')
  expect(woken(() => it.pods.put({ ...other, metadata: { ...other.metadata, labels: { a: 'b' } } }))).toBe(0)
  expect(woken(() => it.pods.put({ ...other, status: { phase: 'Succeeded' } }))).toBe(1)
  it.triggers.refusedOn(it.key, 'n1')
  expect(woken(() => it.pods.remove('x/other'))).toBe(1)
})

test('C12 at five thousand nodes one pod is one cell, and an unrelated change of a node is none', () => {
  const it = toldWorld()
  const object = daemonSet()
  const metadata = { ...object.metadata, uid: 'u1', generation: 1 }
  it.daemonSets.put({ ...object, metadata })
  const hash = revisionHash(object.spec.template, undefined)
  it.revisions.put(revisionFor({ ...object, metadata }, 1, hash))
  const pod = (i: number, phase: string): Pod => ({
    metadata: {
      name: `p${i}`,
      namespace: 'default',
      uid: `p${i}`,
      labels: { app: 'logger', 'controller-revision-hash': hash },
      ownerReferences: [ownerReference({ name: 'logger', uid: 'u1' })],
    },
    spec: { nodeName: `n${i}`, containers: [] },
    status: { phase },
  })
  for (let i = 0; i < 5000; i++) {
    it.nodes.put({ metadata: { name: `n${i}` } })
    it.pods.put(pod(i, 'Running'))
  }
  const look = (act: () => void) => {
    const { evaluated, visited } = it.gathering
    const { evaluated: placements } = it.triggers.classes
    act()
    const { actions } = decide(it.gathering.known(it.daemonSets.informer.get(it.key)!, start))
    return {
      cells: it.gathering.evaluated - evaluated,
      visits: it.gathering.visited - visited,
      placements: it.triggers.classes.evaluated - placements,
      actions: actions.length,
    }
  }
  expect(look(() => {})).toEqual({ cells: 5000, visits: 0, placements: 0, actions: 0 })
  expect(look(() => it.pods.put(pod(7, 'Failed')))).toEqual({ cells: 1, visits: 1, placements: 0, actions: 1 })
  const touched = { metadata: { name: 'n8', annotations: { a: 'b' }, labels: { unrelated: 'yes' } } }
  expect(look(() => it.nodes.put(touched))).toMatchObject({ cells: 0, placements: 0 })
  expect(look(() => it.nodes.put({ metadata: { name: 'another' } }))).toMatchObject({ cells: 1, placements: 1 })
})
