// The DaemonSet controller without a network: events go in, decisions are made and carried out on the mirror at once, and
// what the controller itself spends is counted. Two contestants: `self` decides from what changed; `reference-shape` makes
// the same decision from everything at every sync, as upstream does.

import { controllerRevisions, daemonSets, nodes, pods } from '../../src/api/resources.ts'
import type { ApiObject, ControllerRevision, DaemonSet, Node, Pod } from '../../src/api/types.ts'
import type { Change, Indexes } from '../../src/client/cache.ts'
import type { Informer } from '../../src/client/informer.ts'
import { Mirror } from '../../src/client/mirror.ts'
import { revisionFor } from '../../src/controller/daemonset/carry-out-history.ts'
import {
  daemonSetFacts,
  daemonSetIndexes,
  nodeFacts,
  podFacts,
  podIndexes,
  podsOf,
  revisionFacts,
  revisionIndexes,
} from '../../src/controller/daemonset/facts.ts'
import { Gathering } from '../../src/controller/daemonset/gather.ts'
import { daemonSetLimits } from '../../src/controller/daemonset/limits.ts'
import { createTriggers } from '../../src/controller/daemonset/triggers.ts'
import { keeping } from '../../src/controller/kept.ts'
import type { Plan } from '../../src/reconcile/daemonset/plan.ts'
import { podMaker } from '../../src/reconcile/daemonset/pod-template.ts'
import { decide, reconcile } from '../../src/reconcile/daemonset/reconcile.ts'
import type { Snapshot } from '../../src/reconcile/daemonset/snapshot.ts'
import { noStatus } from '../../src/reconcile/daemonset/snapshot.ts'
import { statusToWrite } from '../../src/reconcile/daemonset/status.ts'

export type Contestant = 'self' | 'reference-shape'

type Kind = 'daemonSets' | 'pods' | 'nodes' | 'revisions'

const resources = { daemonSets, pods, nodes, revisions: controllerRevisions } as const

export class Shell {
  readonly #contestant: Contestant
  readonly #queued = new Set<string>()
  readonly #gatherings = new Map<string, Gathering>()
  readonly #caches = {} as { -readonly [name in 'daemonSets' | 'pods' | 'nodes' | 'revisions']: never }
  readonly #triggers = createTriggers({
    caches: this.#caches,
    enqueue: (key) => this.#queued.add(key),
    gathering: (key) => this.#gatherings.get(key),
    forget: (key) => this.#gatherings.delete(key),
  })
  readonly #mirrors = {
    daemonSets: this.#follow<DaemonSet>('daemonSets', daemonSetIndexes, this.#triggers.onDaemonSet),
    pods: this.#follow<Pod>('pods', podIndexes, this.#triggers.onPod),
    nodes: this.#follow<Node>('nodes', {}, this.#triggers.onNode),
    revisions: this.#follow<ControllerRevision>('revisions', revisionIndexes, this.#triggers.onRevision),
  }
  readonly #keep = keeping()
  #version = 0
  #made = 0
  nowMs = Date.UTC(2026, 0, 1)
  syncs = 0
  /** What was done to pods since somebody looked: for whoever plays the kubelet. */
  made: Pod[] = []
  deleted: Pod[] = []
  /** Microseconds of CPU spent in events and decisions, pods and their bookkeeping included. */
  cpuUs = 0

  constructor(contestant: Contestant) {
    this.#contestant = contestant
  }

  get pods(): Mirror<Pod>['cache'] {
    return this.#mirrors.pods.cache
  }

  /** Events, and then everything that follows from them. */
  hear(events: () => void): void {
    events()
    this.#drain()
  }

  /** The same, and what it cost. */
  tell(events: () => void): void {
    const before = process.cpuUsage()
    this.hear(events)
    const { user, system } = process.cpuUsage(before)
    this.cpuUs += user + system
  }

  put(kind: 'daemonSets', object: DaemonSet): void
  put(kind: 'pods', object: Pod): void
  put(kind: 'nodes', object: Node): void
  put(kind: Kind, object: ApiObject): void {
    const kept = this.#kept(kind, object)
    this.#tell(kind, (mirror) => mirror.apply({ do: 'put', object: kept }, this.nowMs))
  }

  remove(pod: Pod): void {
    const versioned = { ...pod, metadata: { ...pod.metadata, resourceVersion: String(++this.#version) } }
    this.#tell('pods', (mirror) => mirror.apply({ do: 'remove', object: versioned }, this.nowMs))
  }

  work() {
    let [cells, visits] = [0, 0]
    for (const gathering of this.#gatherings.values()) {
      cells += gathering.evaluated
      visits += gathering.visited
    }
    return { cells, visits, placements: this.#triggers.classes.evaluated, syncs: this.syncs }
  }

  snapshot(key: string): Snapshot {
    const { daemonSets: sets, pods, nodes, revisions } = this.#mirrors
    const facts = daemonSetFacts(sets.cache.get(key)!)
    return {
      nowMs: this.nowMs,
      daemonSet: facts,
      nodes: nodes.cache.list().map(nodeFacts),
      pods: [...podsOf(facts.uid, pods.cache), ...pods.cache.byIndex('ownerless', facts.namespace)].map(podFacts),
      revisions: revisions.cache.byIndex('daemonSet', facts.uid).map(revisionFacts),
      failedPods: new Map(),
      roomOn: undefined,
    }
  }

  #follow<T extends ApiObject>(name: string, indexes: Indexes<T>, onChange: (change: Change<T>) => void) {
    const mirror = new Mirror<T>(indexes)
    const informer: Pick<Informer<T>, 'get' | 'list' | 'byIndex' | 'byIndexPrefix'> = {
      get: (key) => mirror.cache.get(key),
      list: () => mirror.cache.list(),
      byIndex: (index, value) => mirror.cache.byIndex(index, value),
      byIndexPrefix: (index, prefix) => mirror.cache.byIndexPrefix(index, prefix),
    }
    Object.assign(this.#caches, { [name]: informer })
    return Object.assign(mirror, { onChange })
  }

  #tell(kind: Kind, act: (mirror: Mirror<ApiObject>) => readonly Change<ApiObject>[]): void {
    const mirror = this.#mirrors[kind] as unknown as Mirror<ApiObject> & {
      onChange: (change: Change<ApiObject>) => void
    }
    for (const change of act(mirror)) mirror.onChange(change)
  }

  #drain(): void {
    for (const key of this.#queued) {
      this.#queued.delete(key)
      this.#sync(key)
    }
  }

  #sync(key: string): void {
    const daemonSet = this.#mirrors.daemonSets.cache.get(key)
    if (daemonSet === undefined) return
    this.syncs++
    const plan = this.#decide(key, daemonSet)
    this.#carryOut(plan, key, daemonSet)
  }

  #decide(key: string, daemonSet: DaemonSet): Plan {
    if (this.#contestant === 'reference-shape') return reconcile(this.snapshot(key))
    let gathering = this.#gatherings.get(key)
    if (gathering === undefined) {
      gathering = new Gathering(this.#caches, 'scheduler', daemonSet.metadata.uid!)
      this.#gatherings.set(key, gathering)
    }
    return decide(gathering.known(daemonSet, this.nowMs, daemonSetLimits.burst))
  }

  #carryOut(plan: Plan, key: string, daemonSet: DaemonSet): void {
    const facts = daemonSetFacts(daemonSet)
    const make = podMaker({ daemonSet: facts, hash: plan.hash ?? '', placement: 'node-name', podNames: 'generated' })
    const again = () => this.#queued.add(key)
    let [creates, deletes] = [0, 0]
    for (const action of plan.actions) {
      if (action.do === 'create revision') {
        const revision = revisionFor(daemonSet, action.number, action.hash)
        this.#wrote('revisions', { ...revision, metadata: { ...revision.metadata, uid: `r${++this.#made}` } })
        again()
      } else if (action.do === 'create' && ++creates <= daemonSetLimits.burst) {
        const number = String(++this.#made)
        const name = `${facts.name}-${number.padStart(6, 'x')}`
        const pod = make(action.node, name)
        const metadata = {
          ...pod.metadata,
          // As long as a server makes them, and as it sends them: from JSON.
          ...asSent({
            name,
            uid: `00000000-0000-4000-8000-${number.padStart(12, '0')}`,
          }),
          creationTimestamp: new Date(this.nowMs).toISOString(),
        }
        this.made.push(this.#wrote('pods', { ...pod, metadata, status: { phase: 'Pending' } }))
      } else if (action.do === 'delete' && ++deletes <= daemonSetLimits.burst) {
        const pod = this.pods.get(`${facts.namespace}/${action.pod.name}`)!
        this.deleted.push(pod)
        this.#tell('pods', (mirror) =>
          mirror.wroteDeletion(pod, 'going', new Date(this.nowMs).toISOString(), this.nowMs),
        )
      }
    }
    if (plan.more || creates > daemonSetLimits.burst || deletes > daemonSetLimits.burst) again()
    // At most four a second are written (C13), so most looks write none.
    if (plan.counters === undefined || daemonSet.status?.observedGeneration === facts.generation) return
    const status = statusToWrite(daemonSet.status ?? noStatus, plan.counters, facts.generation)
    if (status !== undefined) this.#wrote('daemonSets', { ...daemonSet, status })
  }

  #wrote<T extends ApiObject>(kind: Kind, object: T): T {
    const written = this.#kept(kind, object)
    this.#tell(kind, (mirror) => mirror.wrote(written, this.nowMs))
    return written
  }

  /** With its next version, and as the informers would keep it. */
  #kept<T extends ApiObject>(kind: Kind, object: T): T {
    const versioned = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } }
    return (this.#keep(resources[kind])?.(versioned) ?? versioned) as T
  }
}

function asSent<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
