// What is known of one DaemonSet, kept up to date: after a change of one pod or one node only that node's row is looked
// at again. Everything is read from the caches when it is needed; all that is remembered is what has to be looked at.

import type { DaemonSet } from '../../api/types.ts'
import { jsonEqual } from '../../base/json.ts'
import type { Fleet } from '../../reconcile/daemonset/cells.ts'
import { claim, claimOn } from '../../reconcile/daemonset/claim.ts'
import { type FailedPod, type FailedPods, isForgotten } from '../../reconcile/daemonset/failed-pods.ts'
import { roomOf } from '../../reconcile/daemonset/fit.ts'
import { type PlacementRules, placementOn, placementRules } from '../../reconcile/daemonset/placement.ts'
import type { PlacementMode } from '../../reconcile/daemonset/pod-template.ts'
import { type Known, survey } from '../../reconcile/daemonset/reconcile.ts'
import { revisionData, revisionDataText } from '../../reconcile/daemonset/revision-data.ts'
import type { DaemonSetFacts, PodFacts } from '../../reconcile/daemonset/snapshot.ts'
import type { Counters } from '../../reconcile/daemonset/status.ts'
import { type Row, surveyNode, type Target } from '../../reconcile/daemonset/survey.ts'
import { podsOn } from '../pods-by-node.ts'
import {
  type Caches,
  daemonSetFacts,
  nodeFacts,
  podFacts,
  podsMeantFor,
  podsOf,
  podsOfRevision,
  revisionFacts,
} from './facts.ts'

/** What a template says, worked out once a generation. */
interface Template {
  readonly generation: number
  readonly rules: PlacementRules
  readonly text: string
  readonly selector: DaemonSetFacts['selector']
}

/** What is known, and for whom there is no time to lose. */
export interface Gathered extends Known {
  readonly isUrgent: (node: string) => boolean
}

export class Gathering {
  readonly uid: string
  readonly #caches: Caches
  readonly #placement: PlacementMode
  #template: Template | undefined
  #fleet: Fleet | undefined
  /** Rows to be looked at again. */
  readonly #nodes = new Set<string>()
  /** Of those, the ones that have just come to want a pod: they get theirs first. */
  readonly #joined = new Set<string>()
  /** Pods, by key, that may have to be adopted or released; undefined: all of them may. */
  #unclaimed: Set<string> | undefined
  #failedPods = new Map<string, FailedPod>()
  #visitedBefore = 0

  constructor(caches: Caches, placement: PlacementMode, uid: string) {
    this.#caches = caches
    this.#placement = placement
    this.uid = uid
  }

  /** How many rows were worked out so far (C12). */
  evaluated = 0

  /** How many rows were read so far to decide (C12). */
  get visited(): number {
    return this.#visitedBefore + (this.#fleet?.visited ?? 0)
  }

  get failedPods(): FailedPods {
    return this.#failedPods
  }

  podChanged(key: string, ...nodes: readonly (string | undefined)[]): void {
    this.#unclaimed?.add(key)
    for (const node of nodes) if (node !== undefined) this.nodeChanged(node)
  }

  nodeChanged(node: string): void {
    if (this.#fleet !== undefined) this.#nodes.add(node)
  }

  /** A node has come to want a pod, beside those that have wanted one since the first look. */
  nodeJoined(node: string): void {
    this.nodeChanged(node)
    if (this.#fleet !== undefined) this.#joined.add(node)
  }

  /** The server takes no pod for this node before `untilMs`. */
  creationWaits(node: string, untilMs: number): void {
    this.#fleet?.wait(node, { for: 'creation', untilMs })
  }

  known(daemonSet: DaemonSet, nowMs: number, atMost?: number): Gathered {
    const facts = daemonSetFacts(daemonSet)
    const template = this.#templateOf(facts)
    return {
      nowMs,
      daemonSet: facts,
      failedPods: this.#failedPods,
      roomOn: this.#placement === 'scheduler' ? undefined : (node) => this.#roomOn(node),
      pods: this.#unclaimedPods(facts),
      revisions: claim(this.#revisions(facts), facts),
      podsWithHash: (hash) => this.#ours(podsOfRevision(this.uid, hash, this.#caches.pods), facts),
      fleet: (target) => this.#upToDate(facts, template, target, nowMs),
      isUrgent: (node) => this.#fleet?.isUrgent(node) === true,
      templateText: template.text,
      ...(atMost === undefined ? {} : { atMost }),
    }
  }

  /** The counters as they are now, after what was done; undefined: there was no decision yet. */
  counters(daemonSet: DaemonSet, nowMs: number): Counters | undefined {
    const facts = daemonSetFacts(daemonSet)
    if (this.#fleet === undefined) return undefined
    return this.#upToDate(facts, this.#templateOf(facts), this.#fleet.target, nowMs).counters
  }

  /** What a decision says about failed pods is remembered; what is too old is forgotten (R4.15). */
  remember(failedPods: FailedPods, nowMs: number): void {
    for (const [node, failed] of failedPods) this.#failedPods.set(node, failed)
    for (const [node, failed] of this.#failedPods) if (isForgotten(failed, nowMs)) this.#failedPods.delete(node)
  }

  #templateOf(facts: DaemonSetFacts): Template {
    const known = this.#template
    if (known?.generation === facts.generation) return known
    const rules = placementRules(facts.template)
    const text = revisionDataText(revisionData(facts.template))
    this.#template = { generation: facts.generation, rules, text, selector: facts.selector }
    // A selector can change in extensions/v1beta1 only.
    if (known?.rules.text !== rules.text || !jsonEqual(known.selector, facts.selector)) this.#startAnew()
    return this.#template
  }

  #startAnew(): void {
    this.#visitedBefore = this.visited
    this.#fleet = undefined
    this.#nodes.clear()
    this.#joined.clear()
    this.#unclaimed = undefined
  }

  #upToDate(facts: DaemonSetFacts, { rules }: Template, target: Target, nowMs: number): Fleet {
    const { pods, nodes } = this.#caches
    let fleet = this.#fleet
    const before = fleet?.evaluated ?? 0
    if (fleet === undefined) {
      const ours = this.#ours(podsOf(this.uid, pods), facts)
      fleet = survey(facts, nodes.list().map(nodeFacts), ours, target, nowMs)
      this.#fleet = fleet
    } else {
      fleet.advance(nowMs)
      fleet.retarget(target)
      for (const node of this.#nodes) fleet.set(node, this.#row(node, facts, rules))
      for (const node of this.#joined) fleet.hurry(node)
    }
    this.#nodes.clear()
    this.#joined.clear()
    this.evaluated += fleet.evaluated - before
    return fleet
  }

  #row(name: string, facts: DaemonSetFacts, rules: PlacementRules): Row | undefined {
    const node = this.#caches.nodes.get(name)
    const placement = node === undefined ? undefined : placementOn(nodeFacts(node), rules)
    const pods = podsMeantFor(name, this.uid, this.#caches.pods)
    return surveyNode(name, placement, this.#ours(pods, facts))
  }

  #ours(pods: readonly Parameters<typeof podFacts>[0][], facts: DaemonSetFacts): PodFacts[] {
    return pods.map(podFacts).filter((pod) => claimOn(pod, facts) === 'ours')
  }

  #unclaimedPods(facts: DaemonSetFacts): Known['pods'] {
    const { pods } = this.#caches
    const candidates =
      this.#unclaimed === undefined
        ? [...podsOf(this.uid, pods), ...pods.byIndex('ownerless', facts.namespace)]
        : [...this.#unclaimed].flatMap((key) => pods.get(key) ?? [])
    const { adopt, release } = claim(candidates.map(podFacts), facts)
    this.#unclaimed = new Set([...adopt, ...release].map((pod) => `${facts.namespace}/${pod.name}`))
    return { adopt, release }
  }

  #revisions(facts: DaemonSetFacts) {
    const { revisions } = this.#caches
    const found = [...revisions.byIndex('daemonSet', this.uid), ...revisions.byIndex('ownerless', facts.namespace)]
    return found.map(revisionFacts)
  }

  #roomOn(node: string) {
    const { nodes, pods } = this.#caches
    return roomOf(nodes.get(node), podsOn(node, pods))
  }
}
