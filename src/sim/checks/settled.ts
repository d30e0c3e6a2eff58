// L1, I8, I10, I12, I13: when nothing goes wrong any more, everything is as it should be, and the full decision over the
// truth finds nothing to do. Returns what is not so, in words.

import { annotationPrefix } from '../../agent/simulated/behaviour.ts'
import { controllerOf } from '../../api/owners.ts'
import {
  type ControllerRevision,
  type DaemonSet,
  type Pod,
  type PodTemplateSpec,
  templateGenerationAnnotation,
  templateGenerationLabel,
} from '../../api/types.ts'
import { printPlan } from '../../reconcile/daemonset/plan.ts'
import { reconcile } from '../../reconcile/daemonset/reconcile.ts'
import {
  daemonSetFacts,
  nodeFacts,
  podFacts,
  revisionFacts,
  type Snapshot,
} from '../../reconcile/daemonset/snapshot.ts'
import { type DaemonSetRecord, isLive, ownerOf, type PodRecord, type Truth } from '../truth.ts'

export function whatIsNotSettled(truth: Truth): string[] {
  return [
    ...truth.liveDaemonSets().flatMap((daemonSet) => {
      const { name } = daemonSet.object.metadata
      return problemsOf(daemonSet, truth).map((problem) => `${name}: ${problem}`)
    }),
    ...lostThings(truth),
    ...sickNodes(truth),
  ]
}

function problemsOf(daemonSet: DaemonSetRecord, truth: Truth): string[] {
  if (daemonSet.state.now === 'deleting') return ['it is deleted, and still there']
  const problems: string[] = []
  const counted = { desired: 0, current: 0, ready: 0, available: 0, updated: 0, misscheduled: 0 }
  for (const { object } of truth.liveNodes()) {
    const { name = '' } = object.metadata
    const theirs = truth.podsOn(daemonSet.uid, name)
    const [pod] = theirs
    if (theirs.length > 1) problems.push(`${theirs.length} pods on ${name}`)
    switch (truth.placement(daemonSet.uid, name)) {
      case 'run':
        counted.desired++
        if (pod === undefined) problems.push(`no pod on ${name}`)
        else {
          counted.current++
          counted.ready += Number(isReady(pod.object))
          counted.available += Number(truth.isAvailable(pod))
          counted.updated += Number(isUpToDate(pod.object, daemonSet.object))
          problems.push(...problemsOfPod(pod, daemonSet.object, truth).map((problem) => `${problem} on ${name}`))
        }
        break
      case 'keep':
        if (pod !== undefined) counted.misscheduled++
        break
      case 'leave':
      case 'gone':
        if (pod !== undefined) problems.push(`a pod on ${name}, which should have none`)
        break
      default:
    }
  }
  problems.push(...problemsOfStatus(daemonSet.object, counted))
  problems.push(...problemsOfHistory(daemonSet, truth))
  problems.push(...problemsOfClaims(daemonSet, truth))
  return problems.length > 0 ? problems : planOf(daemonSet, truth)
}

function problemsOfPod(pod: PodRecord, daemonSet: DaemonSet, truth: Truth): string[] {
  if (!isLive(pod)) return ['a pod that has ended']
  if (!isReady(pod.object)) return ['a pod that is not ready']
  if (!truth.isAvailable(pod)) return ['a pod that is not available']
  const mayBeOld = daemonSet.spec.updateStrategy?.type === 'OnDelete'
  return mayBeOld || isUpToDate(pod.object, daemonSet) ? [] : ['an old pod']
}

function problemsOfStatus({ metadata, status }: DaemonSet, counted: Readonly<Record<string, number>>): string[] {
  const says = {
    desired: status?.desiredNumberScheduled,
    current: status?.currentNumberScheduled,
    ready: status?.numberReady,
    available: status?.numberAvailable ?? 0,
    updated: status?.updatedNumberScheduled ?? 0,
    misscheduled: status?.numberMisscheduled,
  }
  const wrong = JSON.stringify(says) !== JSON.stringify(counted)
  const isBehind = status?.observedGeneration !== metadata.generation
  return [
    ...(wrong ? [`the status counts ${JSON.stringify(says)}, and it is ${JSON.stringify(counted)}`] : []),
    ...(isBehind ? [`the status is of generation ${status?.observedGeneration}, not ${metadata.generation}`] : []),
  ]
}

/** I8. */
function problemsOfHistory({ object, uid }: DaemonSetRecord, truth: Truth): string[] {
  const revisions = [...truth.revisions.values()].filter((revision) => ownerOf(revision) === uid)
  const texts = new Set(revisions.map((revision) => JSON.stringify(revision.data)))
  const used = new Set(truth.podsOf(uid).map((pod) => pod.object.metadata.labels?.['controller-revision-hash']))
  const most = (object.spec.revisionHistoryLimit ?? 10) + used.size + 1
  const newest = revisions.sort((a, b) => b.revision - a.revision)[0]
  return [
    ...(texts.size < revisions.length ? ['two revisions of one template'] : []),
    ...(revisions.length > most ? [`${revisions.length} revisions, ${most} at most`] : []),
    ...(newest === undefined || templateText(newest) !== templateText(object)
      ? ['the newest revision is not the template']
      : []),
  ]
}

function templateText(object: DaemonSet | ControllerRevision): string {
  const spec = 'spec' in object ? object.spec : (object.data as Pick<DaemonSet, 'spec'> | undefined)?.spec
  return spec === undefined ? '' : asScriptsMakeIt(spec.template)
}

/** Of a template, or of a pod that was made from it, what the simulation's scripts choose. */
function asScriptsMakeIt({ metadata, spec }: PodTemplateSpec | Pod): string {
  const behaviour = Object.entries(metadata?.annotations ?? {}).filter(([key]) => key.startsWith(annotationPrefix))
  const images = spec.containers.map(({ image }) => image)
  // What every daemon tolerates is in the pod alone.
  const tolerations = (spec.tolerations ?? []).filter(({ key }) => key?.startsWith('node.kubernetes.io/') !== true)
  return JSON.stringify([behaviour.sort(), images, spec.nodeSelector ?? {}, tolerations])
}

/** R4.2, R4.3. */
function problemsOfClaims({ object, uid }: DaemonSetRecord, truth: Truth): string[] {
  const selector = Object.entries(object.spec.selector?.matchLabels ?? {})
  const problems: string[] = []
  for (const { object: pod, goneMs } of truth.pods.values()) {
    if (goneMs !== undefined || pod.metadata.namespace !== object.metadata.namespace) continue
    const { name, labels = {}, deletionTimestamp } = pod.metadata
    const matches = selector.every(([key, value]) => labels[key] === value)
    if (ownerOf(pod) === uid && !matches) problems.push(`${name} does not match and was not released`)
    if (controllerOf(pod) === undefined && matches && deletionTimestamp === undefined) {
      problems.push(`${name} matches and was not adopted`)
    }
  }
  return problems
}

function lostThings(truth: Truth): string[] {
  const isThere = (uid: string | undefined) => uid !== undefined && truth.daemonSets.get(uid)?.state.now !== 'gone'
  const problems: string[] = []
  for (const { object, goneMs } of truth.pods.values()) {
    if (goneMs !== undefined) continue
    const { name, deletionTimestamp } = object.metadata
    const owner = ownerOf(object)
    const node = object.spec.nodeName ?? ''
    if (owner !== undefined && !isThere(owner)) problems.push(`${name}: its owner is gone`)
    if (deletionTimestamp !== undefined) problems.push(`${name}: it is deleted, and still there`)
    if (truth.nodes.get(node)?.state.now !== 'there') problems.push(`${name}: its node ${node} is gone`)
  }
  for (const revision of truth.revisions.values()) {
    const owner = ownerOf(revision)
    if (owner !== undefined && !isThere(owner)) problems.push(`revision ${revision.metadata.name}: its owner is gone`)
  }
  return problems
}

function sickNodes(truth: Truth): string[] {
  return truth.liveNodes().flatMap(({ object: { metadata, spec, status } }) => {
    const isReady = status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'
    const has = (mark: string) => (spec?.taints ?? []).some(({ key }) => key === `node.kubernetes.io/${mark}`)
    const isMarked = has('not-ready') || has('unreachable') || has('unschedulable') !== (spec?.unschedulable === true)
    return isReady && !isMarked ? [] : [`node ${metadata.name} is not well`]
  })
}

/** I12, I13: the whole decision, over the truth, finds nothing to do, however the lists are ordered. */
function planOf({ object, uid }: DaemonSetRecord, truth: Truth): string[] {
  const there = [...truth.pods.values()].filter(({ goneMs }) => goneMs === undefined).map((pod) => pod.object)
  const isCandidate = (one: Pod | ControllerRevision) => ownerOf(one) === uid || controllerOf(one) === undefined
  const snapshot: Snapshot = {
    nowMs: truth.nowMs,
    daemonSet: daemonSetFacts(object),
    nodes: truth.liveNodes().map((node) => nodeFacts(node.object)),
    pods: there.filter(isCandidate).map(podFacts),
    revisions: [...truth.revisions.values()].filter(isCandidate).map(revisionFacts),
    failedPods: new Map(),
    roomOn: undefined,
  }
  const reversed = {
    ...snapshot,
    nodes: snapshot.nodes.toReversed(),
    pods: snapshot.pods.toReversed(),
    revisions: snapshot.revisions.toReversed(),
  }
  const plan = printPlan(reconcile(snapshot))
  const same = JSON.stringify(plan) === JSON.stringify(printPlan(reconcile(reversed)))
  return [...plan.map((action) => `left to do: ${action}`), ...(same ? [] : ['the plan depends on the order of lists'])]
}

export function isReady({ status }: Pod): boolean {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'
}

export function isUpToDate(pod: Pod, { metadata, spec }: DaemonSet): boolean {
  // R5.5: the same generation will do, also of a DaemonSet that had the name before.
  const generation = metadata.annotations?.[templateGenerationAnnotation]
  if (generation !== undefined && pod.metadata.labels?.[templateGenerationLabel] === generation) return true
  return asScriptsMakeIt(pod) === asScriptsMakeIt(spec.template)
}
