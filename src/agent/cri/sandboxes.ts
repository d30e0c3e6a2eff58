// A pod's sandbox: opened once, found again, and taken away with everything in it.
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_sandbox.go and kuberuntime_gc.go.

import { mkdir } from 'node:fs/promises'
import type { Pod } from '../../api/types.ts'
import { backoffMs } from '../../base/backoff.ts'
import { sleep } from '../../base/clock.ts'
import { RuntimeRefusal } from '../runtime.ts'
import { type CriClient, criLimits, isNotFound } from './client.ts'
import { labels, sandboxConfigOf } from './config.ts'
import { rpcText } from './grpc.ts'
import { type SandboxTold, sandboxStates } from './messages.ts'
import { type CriParts, refused, uidOf } from './parts.ts'

export const sandboxLimits = {
  /** Between two tries to take a pod away. */
  retry: { initialMs: 1000, maxMs: 60_000 },
} as const

export interface OpenSandbox {
  readonly id: string
  readonly attempt: number
  /** Made just now: nothing can be in it that we have not put there. */
  readonly isNew: boolean
  readonly podIP: string
}

/** What an earlier agent has opened is used; what is broken goes. */
export async function openSandbox({ cri, options }: CriParts, pod: Pod): Promise<OpenSandbox> {
  const { place, hostIP } = options
  try {
    const all = await sandboxesOf(cri, place.nodeName, uidOf(pod))
    const ready = all.find(({ state }) => state === sandboxStates.ready)
    for (const { id } of all) if (id !== ready?.id) await removeSandbox(cri, id)
    const attempts = all.map(({ metadata }) => metadata?.attempt ?? 0)
    const attempt = ready?.metadata?.attempt ?? Math.max(-1, ...attempts) + 1
    if (ready === undefined && pod.spec.hostNetwork !== true) await needNetwork(cri)
    const config = sandboxConfigOf(pod, place, attempt)
    await mkdir(config.logDirectory!, { recursive: true, mode: 0o755 })
    const id = ready?.id ?? (await cri.call('runPodSandbox', { config })).podSandboxId
    const isNew = all.length === 0
    return { id, attempt, isNew, podIP: pod.spec.hostNetwork === true ? hostIP() : await addressOf(cri, id) }
  } catch (error) {
    throw refused('FailedCreatePodSandBox', error, rpcText(error))
  }
}

/**
 * Not even tried where it cannot be had: containerd would keep what it has begun, and could not take it away either.
 * Upstream: pkg/kubelet/kubelet.go, SyncPod, NetworkNotReadyErrorMsg.
 */
async function needNetwork(cri: CriClient): Promise<void> {
  const { status } = await cri.call('status', {}, criLimits.lookMs)
  const network = status?.conditions.find(({ type }) => type === 'NetworkReady')
  if (network === undefined || network.status) return
  const why = `NetworkReady=false reason:${network.reason} message:${network.message}`
  throw new RuntimeRefusal('NetworkNotReady', `network is not ready: container runtime network not ready: ${why}`)
}

export async function isReady({ cri, options }: CriParts, pod: Pod, { id }: OpenSandbox): Promise<boolean> {
  const all = await sandboxesOf(cri, options.place.nodeName, uidOf(pod))
  return all.some((one) => one.id === id && one.state === sandboxStates.ready)
}

/** All sandboxes of one pod, as they are now. */
async function sandboxesOf(cri: CriClient, nodeName: string, uid: string): Promise<readonly SandboxTold[]> {
  const labelSelector = { [labels.node]: nodeName, [labels.podUid]: uid }
  const { items } = await cri.call('listPodSandbox', { filter: { labelSelector } }, criLimits.lookMs)
  return items
}

export async function addressOf(cri: CriClient, podSandboxId: string): Promise<string> {
  const { status } = await cri.call('podSandboxStatus', { podSandboxId }, criLimits.lookMs)
  return status?.network?.ip ?? ''
}

/** Everything of a pod that the runtime has; again and again, until nothing is left. */
export function takeAway(parts: CriParts, uid: string): Promise<void> {
  const { cri, options, watch, logs } = parts
  const { nodeName } = options.place
  return untilDone(parts, `pod ${uid}`, async () => {
    const filter = { labelSelector: { [labels.podUid]: uid, [labels.node]: nodeName } }
    const { containers } = await cri.call('listContainers', { filter })
    for (const { id } of containers) {
      watch.leave(id)
      logs.leave(id)
    }
    for (const { id } of await sandboxesOf(cri, nodeName, uid)) await removeSandbox(cri, id)
    // Those of sandboxes that somebody else has removed.
    for (const { id: containerId } of containers) await unlessGone(cri.call('removeContainer', { containerId }))
  })
}

/** Until it succeeds or the agent ends. */
export async function untilDone({ options, closing }: CriParts, what: string, act: () => Promise<void>): Promise<void> {
  const { clock, log } = options
  for (let failures = 1; !closing.aborted; failures++) {
    try {
      return await act()
    } catch (error) {
      if (closing.aborted) return
      log.warn('not done yet', { what, error: String(error) })
      await sleep(clock, backoffMs(sandboxLimits.retry, failures), closing)
    }
  }
}

export async function unlessGone(call: Promise<unknown>): Promise<void> {
  await call.catch((error) => {
    if (!isNotFound(error)) throw error
  })
}

async function removeSandbox(cri: CriClient, podSandboxId: string): Promise<void> {
  await unlessGone(cri.call('stopPodSandbox', { podSandboxId }))
  await unlessGone(cri.call('removePodSandbox', { podSandboxId }))
}
