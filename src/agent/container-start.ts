// Getting one container to run: its image, then the container, with the events people look for when it does not.
// Upstream: pkg/kubelet/images/image_manager.go and kuberuntime_container.go, startContainer.

import type { Container, Pod } from '../api/types.ts'
import type { Clock } from '../base/clock.ts'
import type { PodEvent } from './pod-plan.ts'
import { type Hear, type RunningContainer, type Runtime, RuntimeRefusal, sandboxChanged } from './runtime.ts'

export interface Started {
  readonly imageID: string
  readonly running: RunningContainer
}

interface StartParts {
  readonly clock: Clock
  readonly runtime: Runtime
  readonly tell: (event: PodEvent) => void
}

/** Rejects with RuntimeRefusal, after it has told the event. */
export async function startContainer(
  parts: StartParts,
  pod: Pod,
  container: Container,
  attempt: number,
  hear: Hear,
): Promise<Started> {
  const { runtime } = parts
  const tell = (type: PodEvent['type'], reason: string, message: string) =>
    parts.tell({ type, reason, message, container: container.name })
  const imageID = await imageFor(parts, pod, container, tell)
  try {
    const running = await runtime.startContainer(pod, container, attempt, hear)
    tell('Normal', 'Created', 'Container created')
    tell('Normal', 'Started', 'Container started')
    return { imageID: running.imageID ?? imageID, running }
  } catch (error) {
    if (error instanceof RuntimeRefusal && error.reason !== sandboxChanged) {
      tell('Warning', 'Failed', `Error: ${error.message}`)
    }
    throw error
  }
}

/** A volume or a network that cannot be had is told as such; whatever else fails is the sandbox. */
export function sandboxRefusal(error: unknown): PodEvent {
  const why = error instanceof Error ? error.message : String(error)
  const isNamed = error instanceof RuntimeRefusal && ['FailedMount', 'NetworkNotReady'].includes(error.reason)
  const reason = isNamed ? error.reason : 'FailedCreatePodSandBox'
  return { type: 'Warning', reason, message: isNamed ? why : `Failed to create pod sandbox: ${why}` }
}

type Tell = (type: PodEvent['type'], reason: string, message: string) => void

async function imageFor({ clock, runtime }: StartParts, pod: Pod, container: Container, tell: Tell): Promise<string> {
  const { image = '', imagePullPolicy = 'IfNotPresent' } = container
  const ignored = runtime.ignoredImage?.(pod)
  if (ignored !== undefined) {
    // Not upstream's: a container runtime that runs no images is not known there.
    tell('Normal', 'ImageIgnored', `Container image "${image}" is not used: ${ignored.why}`)
    return ignored.imageID
  }
  const asked = runtime.imageID(pod, image)
  // What is known is not waited for: a thousand simulated nodes would each give way once more.
  const present = asked instanceof Promise ? await asked.catch((error) => notInspected(error, tell)) : asked
  if (present !== undefined && imagePullPolicy !== 'Always') {
    tell('Normal', 'Pulled', `Container image "${image}" already present on machine and can be accessed by the pod`)
    return present
  }
  if (imagePullPolicy === 'Never') {
    const message = `Container image "${image}" is not present with pull policy of Never`
    tell('Warning', 'ErrImageNeverPull', message)
    tell('Warning', 'Failed', 'Error: ErrImageNeverPull')
    throw new RuntimeRefusal('ErrImageNeverPull', message)
  }
  tell('Normal', 'Pulling', `Pulling image "${image}"`)
  const askedAtMs = clock.now()
  try {
    const { imageID, tookMs, sizeBytes } = await runtime.pullImage(pod, container)
    const waited = clock.now() - askedAtMs
    const took = `${secondsText(tookMs)} (${secondsText(Math.max(tookMs, waited))} including waiting)`
    tell('Normal', 'Pulled', `Successfully pulled image "${image}" in ${took}. Image size: ${sizeBytes} bytes.`)
    return imageID
  } catch (error) {
    if (!(error instanceof RuntimeRefusal)) throw error
    tell('Warning', 'Failed', `Failed to pull image "${image}": ${error.message}`)
    tell('Warning', 'Failed', `Error: ${error.reason}`)
    throw error
  }
}

function notInspected(error: unknown, tell: Tell): never {
  if (error instanceof RuntimeRefusal) {
    tell('Warning', 'InspectFailed', error.message)
    tell('Warning', 'Failed', `Error: ${error.reason}`)
  }
  throw error
}

/** `1.25s`, `300ms`. Upstream prints a Go duration cut to milliseconds. */
function secondsText(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)}ms` : `${Math.round(ms) / 1000}s`
}
