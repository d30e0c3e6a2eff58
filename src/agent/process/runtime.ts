// The runtime of machines without a container runtime: a pod's command is a process of the machine, in namespaces of its
// own where bubblewrap is installed. The image is not looked at. Containers are started and kept by a keeper (keeper.ts),
// so that they go on while their agent does not.

import { readdirSync } from 'node:fs'
import type { Container, Pod } from '../../api/types.ts'
import { type AbortSignalLike, type Clock, sleep } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { version } from '../../base/version.ts'
import { keyOf } from '../../client/cache.ts'
import { logReader } from '../logs/log-reader.ts'
import type { ContainerLogPlace } from '../logs/pod-log-place.ts'
import { terminationMessage } from '../materials/termination-message.ts'
import type { NodePlace, PodMaterials } from '../materials.ts'
import type { ContainerLog, Hear, PulledImage, Recovered, RunningContainer, Runtime, Sandbox } from '../runtime.ts'
import { KeeperClient } from './keeper-client.ts'
import { findMachine, type MachineFound } from './machine.ts'
import { type ExitFound, type RunFound, type RunName, runKey, type StartedFound } from './orders.ts'
import { unlimited } from './resources.ts'
import { hostImage, idOf, isOver, lastOf, lost, refusalOf, runOf, scheme, tailOf, unknownReason } from './run-ends.ts'
import { keeperDirectory, podsWithRecords, readRecords } from './run-records.ts'
import { processSessions } from './sessions.ts'
import { startOrder } from './start-order.ts'

export const processVersion = `${scheme}${version}`

export interface ProcessRuntimeOptions {
  readonly place: NodePlace
  readonly materials: PodMaterials
  readonly clock: Clock
  readonly log: Log
  /** The machine's address: that of every pod, because there is no network of their own. */
  readonly hostIP: () => string
  /** Directories that no container may see, besides the node's own state: where the cluster keeps its data. */
  readonly hidden?: readonly string[] | undefined
  /** The keeper's program. Default: the one of this build. */
  readonly keeperProgram?: string | undefined
  /** Default: this machine, looked up now. */
  readonly machine?: MachineFound | undefined
}

export interface ProcessRuntime extends Runtime {
  /** `bubblewrap`, or why it has none: for `--runtime auto` and the node's status. */
  readonly sandbox: string
  /** Pods of which something is kept here. */
  kept(): readonly string[]
  /** Ends all that runs, and remembers that it ended: for an agent with which its whole machine stops. */
  endAll(graceMs: number): Promise<void>
}

/** One run of a container that this agent knows of. */
interface Known {
  readonly run: RunName
  readonly container: Container
  readonly hear: Hear
  readonly ended: Set<() => void>
  /** The keeper has said that it has it. */
  isKept: boolean
  hasEnded: boolean
}

export function createProcessRuntime(options: ProcessRuntimeOptions): ProcessRuntime {
  const { place, materials, clock, log, hostIP, hidden = [] } = options
  const machine = options.machine ?? findMachine()
  const directory = keeperDirectory(place.state)
  const known = new Map<string, Known>()
  const removals = new Map<string, Set<() => void>>()
  // Looked for before this agent begins: what is put up later is nobody's leftover.
  const leftPods = podsWithRecords(directory)
  const leftMaterials = materials.leftovers().catch(() => [])
  let isClosed = false

  const keeper = new KeeperClient({
    directory,
    program: options.keeperProgram,
    clock,
    log,
    exited,
    connected: lookAgain,
  })
  // Containers that have outlived an earlier agent are found again, and so is how those ended that did not.
  if (leftPods.length > 0) void keeper.ask({ do: 'list' }).catch(keeperFailed)

  function exited(run: RunName, exit: ExitFound): void {
    const found = known.get(runKey(run))
    if (found === undefined || found.hasEnded) return
    found.hasEnded = true
    for (const listener of found.ended) listener()
    void lastWordsOf(found, exit).then((message) => {
      if (!isClosed) found.hear({ type: 'exited', exit: { ...exit, message } })
    })
  }

  async function lastWordsOf({ run, container }: Known, exit: ExitFound): Promise<string | undefined> {
    if (exit.reason === unknownReason) return 'The container could not be located when its keeper was started again'
    const tail = () => tailOf(logOf(run.podUid, idOf(run)))
    return terminationMessage(place, run.podUid, container, exit.exitCode, tail)
  }

  /** What happened while nobody listened. */
  function lookAgain(client: KeeperClient): void {
    const expected = [...known].filter(([, { isKept }]) => isKept)
    client.ask({ do: 'list' }).then((answer) => {
      const found = new Map((answer as RunFound[]).map((run) => [runKey(run.run), run]))
      for (const [key, { run, hasEnded }] of expected) {
        if (hasEnded) continue
        const exit = found.has(key) ? found.get(key)!.exit : lost(clock.now())
        if (exit !== undefined) exited(run, exit)
      }
    }, keeperFailed)
  }

  function keeperFailed(error: unknown): void {
    if (!isClosed) log.error('the keeper of containers does not answer', { error: String(error) })
  }

  /** Remembers who wants to hear of this run, and is the container to the agent. */
  function runningOf(
    run: RunName,
    container: Container,
    startedAtMs: number,
    isKept: boolean,
    hear: Hear,
  ): RunningContainer {
    known.set(runKey(run), { run, container, hear, ended: new Set(), isKept, hasEnded: false })
    return {
      id: idOf(run),
      startedAtMs,
      ready: true,
      stop(graceMs) {
        void keeper.ask({ do: 'stop', run, graceMs, signal: 'SIGTERM' }).catch(keeperFailed)
      },
    }
  }

  /**
   * An agent that was killed may have started runs of which its pod's status does not tell: their numbers are taken.
   * What ended before the last run is of no interest any more.
   */
  function newRun(podUid: string, container: string, wanted: number): RunName {
    let attempt = wanted
    while (known.get(runKey({ podUid, container, attempt }))?.hasEnded === true) attempt++
    for (const [key, { run }] of known) {
      if (run.podUid === podUid && run.container === container && run.attempt < attempt - 1) known.delete(key)
    }
    return { podUid, container, attempt }
  }

  async function removeUid(podUid: string): Promise<void> {
    for (const [key, { run }] of known) if (run.podUid === podUid) known.delete(key)
    const logs = logDirectoryOf(podUid)
    if (logs === undefined && !podsWithRecords(directory).includes(podUid)) return
    await keeper.ask({
      do: 'remove',
      podUid,
      logs: logs === undefined ? undefined : { root: place.podLogs, directory: logs },
    })
  }

  function removed(pod: Pod, gone: AbortSignalLike): Promise<void> {
    const uid = pod.metadata.uid ?? ''
    return new Promise((resolve) => {
      if (gone.aborted) return resolve()
      const listeners = removals.get(uid) ?? new Set()
      removals.set(uid, listeners)
      const done = () => {
        listeners.delete(done)
        gone.removeEventListener('abort', done)
        resolve()
      }
      listeners.add(done)
      gone.addEventListener('abort', done)
    })
  }

  function logOf(podUid: string, containerId: string): ContainerLog | undefined {
    const run = runOf(podUid, containerId)
    const pod = logDirectoryOf(podUid)
    if (run === undefined || pod === undefined) return undefined
    const where: ContainerLogPlace = {
      podLogs: place.podLogs,
      directories: [pod, run.container],
      file: `${run.attempt}.log`,
    }
    const found = known.get(runKey(run))
    return logReader({
      place: where,
      hasEnded: () => found === undefined || found.hasEnded,
      onEnded(listener) {
        found?.ended.add(listener)
        return () => found?.ended.delete(listener)
      },
    })
  }

  function logDirectoryOf(podUid: string): string | undefined {
    try {
      return readdirSync(place.podLogs).find((name) => name.endsWith(`_${podUid}`))
    } catch {
      return undefined
    }
  }

  return {
    version: processVersion,
    sandbox: machine.bwrap === undefined ? `none: ${machine.noSandbox}` : 'bubblewrap',

    recover(pod): Recovered | undefined {
      const records = readRecords(directory, pod.metadata.uid ?? '')
      if (records.length === 0) return undefined
      // What its volumes show is followed again.
      materials.setUp(pod).catch((error) => log.warn('volumes not set up again', { error: String(error) }))
      return {
        sandbox: { podIP: hostIP() },
        attach(container, hear) {
          const record = lastOf(records, container.name)
          if (record === undefined || isOver(pod, record)) return undefined
          const running = runningOf(record.run, container, record.startedAtMs, true, hear)
          // How it ended, if it did, is asked once whoever hears of it is ready to.
          clock.after(0, () => lookAgain(keeper))
          return { ...running, attempt: record.run.attempt, imageID: hostImage }
        },
      }
    },

    async openSandbox(pod): Promise<Sandbox> {
      await materials.setUp(pod)
      return { podIP: hostIP() }
    },

    ignoredImage: () => ({ imageID: hostImage, why: 'the process runtime runs programs of the machine' }),
    imageID: () => hostImage,

    async pullImage(): Promise<PulledImage> {
      return { imageID: hostImage, tookMs: 0, sizeBytes: 0 }
    },

    async startContainer(pod, container, attempt, hear): Promise<RunningContainer> {
      const ip = hostIP()
      const launch = await materials.launch(pod, container, { podIP: ip, hostIP: ip })
      const run = newRun(pod.metadata.uid ?? '', container.name, attempt)
      const order = startOrder({ place, machine, hidden }, pod, container, run.attempt, launch)
      const missing = unlimited(container, machine.cgroups)
      if (missing.length > 0) log.warn('limits not applied', { pod: keyOf(pod), container: container.name, missing })
      // Before the keeper is asked: it may end before the answer is here.
      const heard: Parameters<Hear>[0][] = []
      let isAnswered = false
      const running = runningOf(order.run, container, clock.now(), false, (happening) => {
        if (isAnswered) hear(happening)
        else heard.push(happening)
      })
      try {
        const { startedAtMs, exit } = (await keeper.ask({ do: 'start', order })) as StartedFound
        const found = known.get(runKey(order.run))
        if (found !== undefined) found.isKept = true
        if (exit !== undefined) exited(order.run, exit)
        clock.after(0, () => {
          isAnswered = true
          for (const happening of heard) hear(happening)
        })
        return { ...running, startedAtMs }
      } catch (error) {
        known.delete(runKey(order.run))
        throw refusalOf(error)
      }
    },

    async closeSandbox(pod) {
      const uid = pod.metadata.uid ?? ''
      await removeUid(uid)
      for (const tell of removals.get(uid) ?? []) tell()
      removals.delete(uid)
      await materials.tearDown(pod)
    },

    log: logOf,

    async removeLeftovers(podUids) {
      for (const uid of leftPods) {
        if (podUids.has(uid)) continue
        log.info('takes away what is left of a pod', { pod: uid })
        await removeUid(uid)
      }
      for (const uid of await leftMaterials) if (!podUids.has(uid)) await materials.tearDownUid(uid)
    },

    sessions: processSessions({
      keeper,
      machine,
      runOf: ({ pod, containerId }) => {
        const run = runOf(pod.metadata.uid ?? '', containerId)
        return run !== undefined && known.get(runKey(run))?.hasEnded === false ? run : undefined
      },
      removed,
    }),

    kept: () => podsWithRecords(directory),

    async endAll(graceMs) {
      const running = [...known.values()].filter(({ hasEnded }) => !hasEnded)
      const ends = running.map(({ run, ended }) => {
        return new Promise<void>((resolve) => {
          ended.add(resolve)
          keeper.ask({ do: 'stop', run, graceMs, signal: 'SIGTERM' }).catch((error) => {
            keeperFailed(error)
            resolve()
          })
        })
      })
      const patience = new AbortController()
      await Promise.race([Promise.all(ends), sleep(clock, graceMs + endAllMs, patience.signal)])
      patience.abort()
    },

    async close() {
      isClosed = true
      await keeper.close()
      await materials.close()
    },
  }
}

/** After the grace: to kill, and to hear of it. */
const endAllMs = 5_000
