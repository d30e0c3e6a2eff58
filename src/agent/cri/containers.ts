// Containers that run: they are looked for once a second, as the kubelet does (its PLEG), and whoever follows one hears
// of its end. Upstream: pkg/kubelet/pleg/generic.go.

import type { Cancel, Clock } from '../../base/clock.ts'
import { sleep } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { RecoveredContainer } from '../runtime.ts'
import { type CriClient, criLimits, isNotFound } from './client.ts'
import { labels } from './config.ts'
import { type ContainerStatusTold, containerStates } from './messages.ts'
import type { Run } from './start.ts'

export const lookLimits = {
  /** Between two looks. Upstream: genericPlegRelistPeriod. */
  periodMs: 1000,
  /** After a start: what fails, fails soon. */
  firstMs: 250,
} as const

/** Undefined: somebody has removed it, and nobody knows how it ended. */
export type HearEnd = (status: ContainerStatusTold | undefined) => void

export interface ContainerWatchOptions {
  readonly client: CriClient
  readonly clock: Clock
  readonly log: Log
  readonly nodeName: string
}

export class ContainerWatch {
  readonly #options: ContainerWatchOptions
  readonly #followed = new Map<string, HearEnd>()
  readonly #closing = new AbortController()
  #looking: Promise<void> | undefined
  #lookAgain = false
  #timer: { readonly atMs: number; readonly cancel: Cancel } | undefined
  #isAway = false

  constructor(options: ContainerWatchOptions) {
    this.#options = options
  }

  follow(id: string, ended: HearEnd): void {
    this.#followed.set(id, ended)
    this.#lookLater(lookLimits.firstMs)
  }

  follows(id: string): boolean {
    return this.#followed.has(id)
  }

  /** Nothing of it is heard any more. */
  leave(id: string): void {
    this.#followed.delete(id)
  }

  /** Resolves after a look that has begun after the call. */
  look(): Promise<void> {
    if (this.#looking !== undefined) {
      this.#lookAgain = true
      return this.#looking
    }
    this.#looking = this.#run().finally(() => {
      this.#looking = undefined
      if (this.#followed.size > 0) this.#lookLater(lookLimits.periodMs)
    })
    return this.#looking
  }

  /** Asks until it has ended or nobody follows it any more: whoever serves the socket may be away for a while. */
  async stop(id: string, graceMs: () => number, isMeant: () => boolean): Promise<void> {
    const { client, clock, log } = this.#options
    while (this.follows(id) && isMeant() && !this.#closing.signal.aborted) {
      const leftMs = Math.max(0, graceMs())
      try {
        const timeout = Math.ceil(leftMs / 1000)
        await client.call('stopContainer', { containerId: id, timeout }, leftMs + criLimits.callMs)
        return await this.look()
      } catch (error) {
        if (isNotFound(error)) return await this.look()
        log.warn('container not stopped', { container: id, error: String(error) })
        await sleep(clock, lookLimits.periodMs, this.#closing.signal)
      }
    }
  }

  close(): void {
    this.#closing.abort()
    this.#timer?.cancel()
    this.#followed.clear()
  }

  #lookLater(ms: number): void {
    const { clock } = this.#options
    if (this.#closing.signal.aborted) return
    const atMs = clock.monotonic() + ms
    if (this.#timer !== undefined && this.#timer.atMs <= atMs) return
    this.#timer?.cancel()
    const cancel = clock.after(ms, () => {
      this.#timer = undefined
      void this.look()
    })
    this.#timer = { atMs, cancel }
  }

  async #run(): Promise<void> {
    do {
      this.#lookAgain = false
      await this.#once()
    } while (this.#lookAgain)
  }

  async #once(): Promise<void> {
    const { client, log, nodeName } = this.#options
    const ids = [...this.#followed.keys()]
    if (ids.length === 0) return
    try {
      const filter = { labelSelector: { [labels.node]: nodeName } }
      const { containers } = await client.call('listContainers', { filter }, criLimits.lookMs)
      const states = new Map(containers.map(({ id, state }) => [id, state]))
      for (const id of ids) {
        const state = states.get(id)
        if (state === containerStates.running || state === containerStates.created) continue
        const status = state === undefined ? undefined : await statusOf(client, id)
        const ended = this.#followed.get(id)
        this.#followed.delete(id)
        ended?.(status)
      }
      if (this.#isAway) log.info('the container runtime is back')
      this.#isAway = false
    } catch (error) {
      if (this.#closing.signal.aborted) return
      if (!this.#isAway) log.warn('the container runtime does not answer', { error: String(error) })
      this.#isAway = true
    }
  }
}

/** Undefined where there is none of this id. */
export async function statusOf(client: CriClient, containerId: string): Promise<ContainerStatusTold | undefined> {
  try {
    const { status } = await client.call('containerStatus', { containerId }, criLimits.lookMs)
    return status
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

export class CriContainer implements RecoveredContainer {
  readonly id: string
  readonly startedAtMs: number
  readonly attempt: number
  readonly imageID: string
  /** Its probes say otherwise, if it has any. */
  readonly ready = true
  readonly #criId: string
  readonly #watch: ContainerWatch
  readonly #clock: Clock
  #stopByMs: number | undefined

  constructor(id: string, { criId, startedAtMs, attempt, imageRef }: Run, watch: ContainerWatch, clock: Clock) {
    this.id = id
    this.#criId = criId
    this.startedAtMs = startedAtMs
    this.attempt = attempt
    this.imageID = imageRef
    this.#watch = watch
    this.#clock = clock
  }

  stop(graceMs: number): void {
    const byMs = this.#clock.monotonic() + graceMs
    if (this.#stopByMs !== undefined && this.#stopByMs <= byMs) return
    this.#stopByMs = byMs
    const left = () => byMs - this.#clock.monotonic()
    void this.#watch.stop(this.#criId, left, () => this.#stopByMs === byMs)
  }
}
