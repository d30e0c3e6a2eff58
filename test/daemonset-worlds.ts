// Worlds in one line, for tables of DaemonSet decisions: `n1 | n2 old | n3:NoSchedule new.unready`.
// A node: its name, `?` where it does not exist, `:Effect` for a taint nobody tolerates, `[label=value]`.
// A pod: `new` or `old` (its revision), and after dots what is special about it: unready, ready5 (for 5 seconds),
// failed, succeeded, terminating, unbound, orphan, unlabelled (no hash), generation (only the template generation fits),
// foreign (somebody else's), mismatched (its labels no longer match). Pods stand oldest first.

import { selectorOf } from '../src/api/labels.ts'
import type { DaemonSetStatus, PodTemplateSpec } from '../src/api/types.ts'
import { printPlan } from '../src/reconcile/daemonset/plan.ts'
import { ownerReference } from '../src/reconcile/daemonset/pod-template.ts'
import { reconcile } from '../src/reconcile/daemonset/reconcile.ts'
import { revisionData, revisionDataText } from '../src/reconcile/daemonset/revision-data.ts'
import {
  type DaemonSetFacts,
  type NodeFacts,
  noStatus,
  type PodFacts,
  type RevisionFacts,
  type Snapshot,
} from '../src/reconcile/daemonset/snapshot.ts'

export interface WorldOptions extends Partial<Omit<DaemonSetFacts, 'status'>> {
  readonly status?: Partial<DaemonSetStatus>
  readonly nowMs?: number
  readonly failedPods?: Snapshot['failedPods']
  readonly revisions?: readonly RevisionFacts[]
  readonly roomOn?: Snapshot['roomOn']
}

export const nowMs = Date.UTC(2026, 0, 1, 12)

export const template: PodTemplateSpec = {
  metadata: { labels: { app: 'logger' } },
  spec: { containers: [{ name: 'c', image: 'logger:2' }] },
}

const owner = { name: 'logger', uid: 'uid-logger' }

/** The plan of a world, as it reads. */
export function planFor(world: string, options: WorldOptions = {}): string[] {
  return printPlan(reconcile(snapshotOf(world, options)))
}

export function snapshotOf(world: string, options: WorldOptions = {}): Snapshot {
  const parts = world
    .split('|')
    .map((part) => part.trim().split(/\s+/))
    .filter(([node]) => node !== '')
    .map(([node, ...pods]) => ({ ...nodeOf(node!), pods }))
  const { status, nowMs: now = nowMs, failedPods = new Map(), revisions, roomOn, ...facts } = options
  const daemonSet = daemonSetOf(facts, status)
  return {
    nowMs: now,
    daemonSet,
    nodes: parts.filter(({ exists }) => exists).map(({ facts: node }) => node),
    pods: parts.flatMap(({ facts: node, pods }) => podsOf(node.name, pods, now)),
    revisions: revisions ?? [
      revisionOf('new', 2, revisionDataText(revisionData(daemonSet.template))),
      revisionOf('old', 1, 'of another template'),
    ],
    failedPods,
    roomOn,
  }
}

export function daemonSetOf(
  facts: Partial<Omit<DaemonSetFacts, 'status'>>,
  status?: Partial<DaemonSetStatus>,
): DaemonSetFacts {
  return {
    namespace: 'default',
    ...owner,
    generation: 1,
    deleting: false,
    selector: selectorOf({ matchLabels: { app: 'logger' } }),
    selectsEverything: false,
    template,
    templateGeneration: '2',
    strategy: 'RollingUpdate',
    maxUnavailable: 1,
    maxSurge: 0,
    minReadySeconds: 0,
    revisionHistoryLimit: 10,
    paused: false,
    ...facts,
    status: { ...noStatus, observedGeneration: 1, ...status },
  }
}

export function revisionOf(hash: string, revision: number, data: string, more: Partial<RevisionFacts> = {}) {
  return {
    name: `logger-${hash}`,
    uid: `uid-revision-${hash}`,
    resourceVersion: '1',
    labels: { app: 'logger' },
    controller: ownerReference(owner),
    terminating: false,
    revision,
    hash,
    data,
    ...more,
  }
}

function nodeOf(word: string): { facts: NodeFacts; exists: boolean } {
  const [, name, absent, labels = '', taint] =
    /^([\w.-]+)(\?)?(?:\[([^\]]*)\])?(?::(\w+))?$/.exec(word) ?? unreadable(word)
  return {
    facts: {
      name: name!,
      labels: Object.fromEntries(
        labels
          .split(',')
          .filter((label) => label !== '')
          .map((label) => label.split('=') as [string, string]),
      ),
      taints: taint === undefined ? [] : [{ key: 'test', effect: taint }],
    },
    exists: absent === undefined,
  }
}

function podsOf(node: string, words: readonly string[], now: number): PodFacts[] {
  const counts: Record<string, number> = {}
  return words.map((word, index) => {
    const [revision, ...flags] = word.split('.')
    if (revision !== 'new' && revision !== 'old') unreadable(word)
    const number = counts[revision!] ?? 0
    counts[revision!] = number + 1
    const pod: PodFacts = {
      name: `${node}-${revision}${number}`,
      uid: `uid-${node}-${revision}${number}`,
      resourceVersion: '1',
      labels: { app: 'logger' },
      controller: ownerReference(owner),
      terminating: false,
      createdMs: now - 3_600_000 + index * 1000,
      boundTo: node,
      target: node,
      phase: 'Running',
      readySinceMs: now - 1_800_000,
      hash: revision,
      templateGeneration: revision === 'new' ? '2' : '1',
    }
    return Object.assign(pod, ...flags.map((flag) => flagged(flag, now))) as PodFacts
  })
}

function flagged(flag: string, now: number): Partial<PodFacts> {
  const seconds = /^ready(\d+)$/.exec(flag)?.[1]
  if (seconds !== undefined) return { readySinceMs: now - Number(seconds) * 1000 }
  const meaning = flags[flag]
  return meaning ?? unreadable(flag)
}

const flags: Readonly<Record<string, Partial<PodFacts>>> = {
  unready: { readySinceMs: undefined },
  failed: { phase: 'Failed', readySinceMs: undefined },
  succeeded: { phase: 'Succeeded', readySinceMs: undefined },
  terminating: { terminating: true },
  unbound: { boundTo: undefined, phase: 'Pending', readySinceMs: undefined },
  orphan: { controller: undefined },
  unlabelled: { hash: undefined, templateGeneration: undefined },
  generation: { hash: 'another', templateGeneration: '2' },
  foreign: { controller: { ...ownerReference(owner), uid: 'uid-of-another' } },
  mismatched: { labels: { app: 'other' } },
}

function unreadable(word: string): never {
  throw new Error(`a world has no such word: ${word}`)
}
