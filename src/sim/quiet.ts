// The second half of a run: the faults stop, what is broken is mended, and then the cluster has to come to rest, and to
// stay at rest (L1).

import { daemonSets, nodes, pods } from '../api/resources.ts'
import type { Node, Pod } from '../api/types.ts'
import { isReady, whatIsNotSettled } from './checks/settled.ts'
import { annotationPrefix, perform } from './script.ts'
import { start } from './troubles.ts'
import { ownerOf } from './truth.ts'
import type { World } from './world.ts'

export const quietLimits = {
  /** The longest a write waits for the disk, and a little. */
  lateMs: 12_000,
  /** By then everybody has heard of it: whoever met a server that died again and again asks once in a minute only. */
  newsMs: 180_000,
  /** Until all is right. Most of it are waits that grew while things failed: 15 minutes for pods that kept failing. */
  settleMs: 20 * 60_000,
  /** Then nothing is written for so long, but leases and heartbeats. */
  restMs: 300_000,
  /** How often we look. */
  lookMs: 1_000,
} as const

/** Everything works again: processes run, watches flow, and what people broke on purpose they mend. */
export async function heal(world: World): Promise<void> {
  world.transcript.say('user', 'the faults are over')
  // An answer that comes late may still be the death of who asked.
  world.onDeath = ({ name }) => {
    if (name !== 'controllers-2') world.scheduler.after(1_000, () => start(world, name))
  }
  world.kill('controllers-2', 'as one is enough')
  world.slowDiskMs = 0
  for (const name of ['server', 'controllers', 'nodes']) start(world, name)
  world.network.breakStreams(() => true)
  // What is on its way to a slow disk arrives first.
  await world.run(quietLimits.lateMs)
  for (const { object } of world.judge.truth.liveNodes()) mendNode(world, object)
  for (const { object } of world.judge.truth.liveDaemonSets()) {
    const { namespace, name = '' } = object.metadata
    if (object.spec.template.metadata?.annotations === undefined) continue
    const body = { spec: { template: { metadata: { annotations: null } } } }
    perform(world, {
      what: `give ${name} a good template`,
      act: () => world.admin.patch(daemonSets, { namespace, name }, { type: 'merge', body }),
    })
  }
  if (world.spoiled.size > 0 || !badPods(world).next().done) await world.run(quietLimits.newsMs)
  for (const { metadata } of badPods(world)) {
    const { namespace, name = '' } = metadata
    perform(world, { what: `delete pod ${name}`, act: () => world.admin.delete(pods, { namespace, name }) })
  }
}

/** With OnDelete a bad pod stays until somebody deletes it. */
function isLeftBad(world: World, pod: Pod): boolean {
  const daemonSet = world.judge.truth.daemonSets.get(ownerOf(pod) ?? '')?.object
  const isBad = Object.keys(pod.metadata.annotations ?? {}).some((key) => key.startsWith(annotationPrefix))
  return isBad && daemonSet?.spec.updateStrategy?.type === 'OnDelete'
}

/** A container that was started as one that never serves stays so. */
function* badPods(world: World): Generator<Pod> {
  for (const { object, goneMs } of world.judge.truth.pods.values()) {
    const isSpoiled = world.spoiled.has(object.spec.nodeName ?? '') && !isReady(object)
    if (goneMs === undefined && (isSpoiled || isLeftBad(world, object))) yield object
  }
}

function mendNode(world: World, { metadata }: Node): void {
  const { name = '', annotations = {} } = metadata
  const bad = Object.keys(annotations).filter((key) => key.startsWith(annotationPrefix))
  if (bad.length === 0) return
  const body = { metadata: { annotations: Object.fromEntries(bad.map((key) => [key, null])) } }
  perform(world, { what: `mend node ${name}`, act: () => world.admin.patch(nodes, { name }, { type: 'merge', body }) })
}

/**
 * L1: from some moment on everything is right and nothing is written any more. Returns how long after `startMs` that
 * was; undefined where it never came.
 */
export async function comeToRest(world: World, startMs: number): Promise<number | undefined> {
  let problems: string[] = []
  while (world.violation === undefined) {
    await world.run(quietLimits.lookMs)
    const nowMs = world.scheduler.now()
    const lastMs = Math.max(startMs, world.lastWrite.atMs)
    if (nowMs - lastMs >= quietLimits.restMs) {
      world.judge.truth.nowMs = nowMs
      problems = whatIsNotSettled(world.judge.truth)
      if (problems.length === 0) return lastMs - startMs
    }
    if (nowMs - startMs >= quietLimits.settleMs + quietLimits.restMs) {
      const what = problems.length > 0 ? problems.join('; ') : world.lastWrite.what
      world.violated('L1', `not at rest after ${quietLimits.settleMs / 1000} s: ${what}`)
    }
  }
  return undefined
}
