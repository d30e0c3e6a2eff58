// Starting one run of a container, unless it runs already: an agent that died between a start and its answer has left
// one. Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go, startContainer.

import { mkdir, readdir, rm } from 'node:fs/promises'
import { totalmem } from 'node:os'
import type { Container, Pod } from '../../api/types.ts'
import { podLogDirectory } from '../logs/pod-log-place.ts'
import { RuntimeRefusal } from '../runtime.ts'
import { criLimits } from './client.ts'
import { containerConfigOf, labels, sandboxConfigOf } from './config.ts'
import { statusOf } from './containers.ts'
import { linkLog } from './log-links.ts'
import { type ContainerConfig, type ContainerTold, containerStates, type ImageTold } from './messages.ts'
import { type CriParts, nanosToMs, refused, uidOf } from './parts.ts'
import { type OpenSandbox, unlessGone } from './sandboxes.ts'
import { type ImageUser, rootProblem } from './security.ts'

/** One run of a container, as the CRI knows it. */
export interface Run {
  readonly criId: string
  readonly attempt: number
  readonly startedAtMs: number
  readonly imageRef: string
}

export interface Start {
  readonly pod: Pod
  readonly sandbox: OpenSandbox
  readonly container: Container
  readonly attempt: number
  /** Nothing of it can be there yet. */
  readonly isFirst: boolean
}

/** Rejects with RuntimeRefusal. */
export async function startRun(parts: CriParts, start: Start): Promise<Run> {
  const { cri, images, options } = parts
  const { pod, container, sandbox, attempt } = start
  const { materials, hostIP } = options
  const image = await images.find(container.image ?? '')
  if (image === undefined) throw new RuntimeRefusal('CreateContainerError', `no image "${container.image}"`)
  const problem = rootProblem(pod, container, userOf(image))
  if (problem !== undefined) throw new RuntimeRefusal('CreateContainerConfigError', problem)
  try {
    const earlier = start.isFirst ? [] : await runsOf(parts, pod, container)
    const survivor = earlier.find(({ state }) => state === containerStates.running)
    if (survivor !== undefined) return runOf(survivor)
    const launch = await materials.launch(pod, container, { podIP: sandbox.podIP, hostIP: hostIP() })
    await forgetRuns(parts, start, earlier)
    const logs = `${logsOf(parts, pod)}/${container.name}`
    await mkdir(logs, { recursive: true, mode: 0o755 })
    const config = containerConfigOf({
      ...start,
      launch,
      place: options.place,
      imageRef: image.id,
      imageUser: userOf(image),
      memoryCapacityBytes: options.memoryCapacityBytes ?? totalmem(),
    })
    const criId = await create(parts, start, config)
    await begin(parts, criId)
    const linked = linkLog(options.place, pod, container.name, criId, `${logs}/${attempt}.log`)
    const [status] = await Promise.all([statusOf(cri, criId), linked])
    return { criId, attempt, startedAtMs: nanosToMs(status?.startedAt ?? 0), imageRef: status?.imageRef ?? image.id }
  } catch (error) {
    throw refused('RunContainerError', error)
  }
}

export function runOf({ id, metadata, createdAt, imageRef }: ContainerTold): Run {
  return { criId: id, attempt: metadata?.attempt ?? 0, startedAtMs: nanosToMs(createdAt), imageRef }
}

async function create({ cri, options }: CriParts, { pod, sandbox }: Start, config: ContainerConfig): Promise<string> {
  try {
    const sandboxConfig = sandboxConfigOf(pod, options.place, sandbox.attempt)
    return (await cri.call('createContainer', { podSandboxId: sandbox.id, config, sandboxConfig })).containerId
  } catch (error) {
    throw refused('CreateContainerError', error)
  }
}

async function begin({ cri }: CriParts, containerId: string): Promise<void> {
  try {
    await cri.call('startContainer', { containerId })
  } catch (error) {
    // It stays where nobody removes it, and its name is taken.
    await cri.call('removeContainer', { containerId }).catch(() => {})
    throw refused('RunContainerError', error)
  }
}

/** All runs of a container that are still known, in any sandbox of the pod. */
async function runsOf({ cri, options }: CriParts, pod: Pod, { name }: Container): Promise<readonly ContainerTold[]> {
  const labelSelector = {
    [labels.node]: options.place.nodeName,
    [labels.podUid]: uidOf(pod),
    [labels.containerName]: name,
  }
  return (await cri.call('listContainers', { filter: { labelSelector } }, criLimits.lookMs)).containers
}

/** The last one is kept, for its log. Upstream: kubelet's maximum-dead-containers-per-container, 1. */
async function forgetRuns(parts: CriParts, start: Start, runs: readonly ContainerTold[]): Promise<void> {
  const { pod, container, attempt } = start
  for (const { id: containerId, metadata, state } of runs) {
    const earlier = metadata?.attempt ?? 0
    if (earlier === attempt - 1 && state === containerStates.exited) continue
    await unlessGone(parts.cri.call('removeContainer', { containerId }))
    if (earlier >= attempt - 1) continue
    const directory = `${logsOf(parts, pod)}/${container.name}`
    for (const name of await readdir(directory).catch(() => [])) {
      if (name.startsWith(`${earlier}.log`)) await rm(`${directory}/${name}`, { force: true })
    }
  }
}

function logsOf({ options }: CriParts, pod: Pod): string {
  return `${options.place.podLogs}/${podLogDirectory(pod)}`
}

function userOf({ uid, username }: ImageTold): ImageUser {
  return { uid: uid?.value, username }
}
