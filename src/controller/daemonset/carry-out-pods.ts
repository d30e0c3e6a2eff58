// Making and deleting pods (section 4.6). Upstream: pkg/controller/daemon/daemon_controller.go, syncNodes.

import { daemonSets, pods } from '../../api/resources.ts'
import { ApiError, reasonOf } from '../../api/status.ts'
import type { DaemonSet, Pod } from '../../api/types.ts'
import type { Plan, PodAction } from '../../reconcile/daemonset/plan.ts'
import { keepsItsName, podName, podNameLimits } from '../../reconcile/daemonset/pod-names.ts'
import { podMaker } from '../../reconcile/daemonset/pod-template.ts'
import type { PodFacts } from '../../reconcile/daemonset/snapshot.ts'
import type { Hands } from './carry-out.ts'
import type { Creations } from './creation-hold.ts'
import { daemonSetUidOf, podsOf } from './facts.ts'
import type { Gathered } from './gather.ts'
import { daemonSetLimits } from './limits.ts'
import { slowStart } from './slow-start.ts'
import type { UnansweredNames } from './unanswered-names.ts'

export interface PodOutcome {
  readonly errors: readonly unknown[]
  /** A request got no answer: what it did is unknown, and must be looked up before the next decision. */
  readonly unanswered: boolean
  /** Something was not as we thought, or there is more to do: decide again. */
  readonly changed: boolean
  readonly creations: Creations
}

type Create = PodAction & { readonly do: 'create' }
type Delete = PodAction & { readonly do: 'delete' }

export async function carryOutPods(
  plan: Plan,
  hash: string,
  daemonSet: DaemonSet,
  known: Gathered,
  hands: Hands,
  unansweredNames: UnansweredNames,
): Promise<PodOutcome> {
  const { client, clock, caches, recorder, placement, podNames, random, slots } = hands
  const creates = plan.actions.filter((action): action is Create => action.do === 'create')
  const deletes = plan.actions.filter((action): action is Delete => action.do === 'delete')
  const make = podMaker({ daemonSet: known.daemonSet, hash, placement, podNames })
  const names = { daemonSet: known.daemonSet, hash, podNames, random }
  const namespace = known.daemonSet.namespace
  const key = `${namespace}/${known.daemonSet.name}`
  const errors: unknown[] = []
  let unanswered = false
  let changed = plan.more || creates.length > daemonSetLimits.burst || deletes.length > daemonSetLimits.burst
  const createdOn = new Set<string>()
  const refusedOn = new Set<string>()
  let namespaceIsGoing = false

  function failed(reason: string, what: string, error: unknown): void {
    if (isUnanswered(error)) unanswered = true
    recorder.event(daemonSet, 'Warning', reason, `${what}: ${error instanceof Error ? error.message : error}`)
    errors.push(error)
  }

  /** A burst takes a while: a DaemonSet that goes meanwhile gets no more pods (I5). */
  function isStillThere(): boolean {
    const { uid, deletionTimestamp } = caches.daemonSets.get(key)?.metadata ?? {}
    return uid === known.daemonSet.uid && deletionTimestamp === undefined
  }

  /**
   * The rest of a burst is decided anew when a node has joined meanwhile: that one gets its pod first. Nodes that have
   * joined before it do not make way for it, or each burst would end at the next node of many that join.
   */
  function givesWay(node: string): boolean {
    if (!hands.isUrgent(key) || known.isUrgent(node)) return false
    changed = true
    return true
  }

  async function create({ node }: Create): Promise<boolean> {
    const unanswered = unansweredNames.on(node)
    if (unanswered !== undefined) {
      const became = await createAs(node, unanswered)
      if (became !== 'name is taken') return became === 'settled'
    }
    for (let attempt = 0; attempt < podNameLimits.attempts; attempt++) {
      const became = await createAs(node, podName(names, node, attempt))
      if (became !== 'name is taken') return became === 'settled'
    }
    failed(
      'FailedCreate',
      'Error creating',
      new Error(`${podNameLimits.attempts} names for the pod on ${node} are taken`),
    )
    refusedOn.add(node)
    return false
  }

  async function createAs(node: string, name: string): Promise<'settled' | 'refused' | 'name is taken'> {
    if (givesWay(node) || !isStillThere()) return 'refused'
    try {
      const created = await client.create(pods, make(node, name))
      caches.pods.wrote(created)
      recorder.event(daemonSet, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`)
      createdOn.add(node)
      unansweredNames.delete(node)
      return 'settled'
    } catch (error) {
      if (isNamespaceGoing(error)) {
        // R4.19: no error, and nothing that a person has to be told.
        namespaceIsGoing = true
        return 'refused'
      }
      if (reasonOf(error) === 'AlreadyExists') {
        const holder = await look(name)
        if (holder !== 'unknown') return taken(node, name, holder)
      }
      if (isUnanswered(error)) unansweredNames.add(node, name, clock.monotonic())
      failed('FailedCreate', 'Error creating', error)
      refusedOn.add(node)
      return 'refused'
    }
  }

  /** By the very pod we want, or by one of ours that the cache has not told us of: then it is decided again. */
  function taken(node: string, name: string, holder: Pod | 'gone'): 'settled' | 'name is taken' {
    if (holder === 'gone') {
      changed = true
      return 'settled'
    }
    const before = versionOf(name)
    caches.pods.wrote(holder)
    unansweredNames.delete(node)
    const isNew = versionOf(name) !== before && daemonSetUidOf(holder) === known.daemonSet.uid
    if (!isNew && keepsItsName(holder, names)) return 'name is taken'
    if (isNew) changed = true
    createdOn.add(node)
    return 'settled'
  }

  function versionOf(name: string): string | undefined {
    const { uid, resourceVersion } = caches.pods.get(`${namespace}/${name}`)?.metadata ?? {}
    return uid === undefined ? undefined : `${uid} ${resourceVersion}`
  }

  async function remove({ node, pod, report }: Delete): Promise<void> {
    if (givesWay(node)) return
    const object = caches.pods.get(`${namespace}/${pod.name}`)
    if (object?.metadata.uid !== pod.uid) return
    // Not before the server has answered: after a conflict it is decided anew, and would be told twice.
    const tell = () => {
      if (report !== undefined) recorder.event(daemonSet, report.type, report.reason, report.message)
    }
    // Upstream deletes by name alone. A pod that was orphaned or replaced since we looked must survive (I3).
    const preconditions = { uid: pod.uid, resourceVersion: pod.resourceVersion }
    try {
      await client.delete(pods, { namespace, name: pod.name }, { preconditions })
      caches.pods.wroteDeletion(object, 'going')
      tell()
      recorder.event(daemonSet, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.name}`)
    } catch (error) {
      switch (reasonOf(error)) {
        case 'NotFound':
          caches.pods.wroteDeletion(object, 'gone')
          return
        case 'Conflict':
          changed = true
          await lookAgain(pod, object)
          return
        default:
          tell()
          failed('FailedDelete', 'Error deleting', error)
      }
    }
  }

  async function lookAgain(pod: PodFacts, object: Pod): Promise<void> {
    const live = await look(pod.name)
    if (live === 'unknown') return
    if (live === 'gone' || live.metadata.uid !== pod.uid) caches.pods.wroteDeletion(object, 'gone')
    if (live !== 'gone') caches.pods.wrote(live)
  }

  /** 'unknown': nobody could say, so it is looked up before the next decision; it must not count as gone. */
  async function look(name: string): Promise<Pod | 'gone' | 'unknown'> {
    try {
      return await client.get<Pod>(pods, { namespace, name })
    } catch (error) {
      if (reasonOf(error) === 'NotFound') return 'gone'
      errors.push(error)
      unanswered = true
      return 'unknown'
    }
  }

  const inTurn = <T>({ node }: PodAction, act: () => Promise<T>) => slots.run(key, act, known.isUrgent(node))
  await slowStart(creates.slice(0, daemonSetLimits.burst), (action) => inTurn(action, () => create(action)))
  await Promise.all(deletes.slice(0, daemonSetLimits.burst).map((action) => inTurn(action, () => remove(action))))
  return { errors, unanswered, changed, creations: { created: createdOn, refusedOn, namespaceIsGoing } }
}

/** Whatever is no plain refusal may have been done all the same: the connection broke, or the server gave up waiting. */
function isUnanswered(error: unknown): boolean {
  return !(error instanceof ApiError) || error.code >= 500
}

/** Upstream: errors.HasStatusCause(err, NamespaceTerminatingCause). */
function isNamespaceGoing(error: unknown): boolean {
  return (
    error instanceof ApiError && error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true
  )
}

/** A request got no answer: asks the server which pods there are, and puts what it says into the cache. */
export async function lookUpPods(
  daemonSet: DaemonSet,
  labelSelector: string,
  { client, caches, log }: Hands,
): Promise<void> {
  const { namespace, name, uid = '' } = daemonSet.metadata
  log.info('a write got no answer: asking which pods there are', { key: `${namespace}/${name}`, of: daemonSets.plural })
  const { items } = await client.list<Pod>(pods, { namespace, labelSelector })
  const there = new Set(items.map((pod) => pod.metadata.uid))
  for (const pod of items) caches.pods.wrote(pod)
  for (const pod of podsOf(uid, caches.pods)) {
    if (there.has(pod.metadata.uid)) continue
    // Not found by its labels is not gone: only the server can say so.
    try {
      caches.pods.wrote(await client.get<Pod>(pods, { namespace, name: pod.metadata.name! }))
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') throw error
      caches.pods.wroteDeletion(pod, 'gone')
    }
  }
}
