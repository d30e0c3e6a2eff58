// A cluster small enough to think about: nodes, pods and a kubelet that does anything it likes. Plans are carried out
// on it, wholly or in part, and safety is judged on what it holds, not on what a cache may believe.

import type { Plan } from '../src/reconcile/daemonset/plan.ts'
import { ownerReference } from '../src/reconcile/daemonset/pod-template.ts'
import { reconcile } from '../src/reconcile/daemonset/reconcile.ts'
import { revisionData, revisionDataText } from '../src/reconcile/daemonset/revision-data.ts'
import type { NodeFacts, PodFacts, Snapshot } from '../src/reconcile/daemonset/snapshot.ts'
import { daemonSetOf, nowMs, revisionOf, snapshotOf, template, type WorldOptions } from './daemonset-worlds.ts'

export class Model {
  readonly nodes = new Map<string, NodeFacts>()
  readonly pods = new Map<string, PodFacts>()
  nowMs = nowMs
  #image = 1
  #made = 0
  #failedPods: Snapshot['failedPods'] = new Map()
  readonly #options: WorldOptions

  constructor(options: WorldOptions) {
    this.#options = options
  }

  snapshot(): Snapshot {
    const current = {
      ...template,
      spec: { ...template.spec, containers: [{ name: 'c', image: `logger:${this.#image}` }] },
    }
    const text = revisionDataText(revisionData(current))
    return {
      ...snapshotOf('', this.#options),
      nowMs: this.nowMs,
      daemonSet: daemonSetOf({
        ...this.#options,
        template: current,
        templateGeneration: String(this.#image),
      } as object),
      nodes: [...this.nodes.values()],
      pods: [...this.pods.values()],
      revisions: [revisionOf(this.hash, 1, text)],
      failedPods: this.#failedPods,
    }
  }

  get hash(): string {
    return `h${this.#image}`
  }

  decide(): Plan {
    const plan = reconcile(this.snapshot())
    this.#failedPods = new Map([...this.#failedPods, ...plan.failedPods])
    return plan
  }

  /** The first `count` actions of a plan: the controller may stop, or be stopped, anywhere. */
  carryOut(plan: Plan, count = plan.actions.length): void {
    for (const action of plan.actions.slice(0, count)) {
      if (action.do === 'create') this.#create(action.node, plan.hash ?? '')
      else if (action.do === 'delete') this.change(action.pod.name, { terminating: true })
    }
  }

  change(pod: string, facts: Partial<PodFacts>): void {
    const known = this.pods.get(pod)
    if (known !== undefined) this.pods.set(pod, { ...known, ...facts })
  }

  /** A new template: every pod is old now. */
  edit(): void {
    this.#image++
  }

  putNode(name: string, effect?: string): void {
    this.nodes.set(name, { name, labels: {}, taints: effect === undefined ? [] : [{ key: 'test', effect }] })
  }

  /** What a kubelet and a pod collector do when nothing goes wrong. */
  settle(): void {
    for (const pod of [...this.pods.values()]) {
      if (pod.terminating || !this.nodes.has(pod.target ?? '')) this.pods.delete(pod.name)
      else if (pod.phase === 'Pending') this.#run(pod.name)
      else if (pod.phase === 'Running' && pod.readySinceMs === undefined) this.#run(pod.name)
    }
  }

  /** Pods of ours on a node that are neither going nor at their end. */
  liveOn(node: string): PodFacts[] {
    return [...this.pods.values()].filter(
      (pod) => pod.target === node && !pod.terminating && pod.phase !== 'Failed' && pod.phase !== 'Succeeded',
    )
  }

  #run(name: string): void {
    this.change(name, { phase: 'Running', readySinceMs: this.nowMs, boundTo: this.pods.get(name)!.target })
  }

  #create(node: string, hash: string): void {
    const name = `p${++this.#made}`
    this.pods.set(name, {
      name,
      uid: `uid-${name}`,
      resourceVersion: String(this.#made),
      labels: { app: 'logger' },
      controller: ownerReference({ name: 'logger', uid: 'uid-logger' }),
      terminating: false,
      createdMs: this.nowMs,
      boundTo: this.#made % 2 === 0 ? node : undefined,
      target: node,
      phase: 'Pending',
      readySinceMs: undefined,
      hash,
      templateGeneration: hash.slice(1),
    })
  }
}
