// A node with the process runtime in a directory of its own, for tests: real processes, a real keeper, and pods whose
// materials are what the test says. What is left over at the end is a failure.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Launch, Mount, NodePlace, PodMaterials } from '../src/agent/materials.ts'
import { findMachine, type MachineFound } from '../src/agent/process/machine.ts'
import { allProcesses, environmentOf } from '../src/agent/process/machine-process.ts'
import { createProcessRuntime, type ProcessRuntime } from '../src/agent/process/runtime.ts'
import { type Exit, type RunningContainer, RuntimeRefusal } from '../src/agent/runtime.ts'
import type { Container, Pod, PodSpec } from '../src/api/types.ts'
import type { ByteSink } from '../src/api/wire.ts'
import { silentLog } from '../src/base/log.ts'
import { systemClock } from '../src/cli/host/system.ts'

export interface ProcessWorld {
  readonly directory: string
  readonly runtime: ProcessRuntime
  /** A pod of one container `main`. */
  pod(name: string, container: Partial<Container>, more?: Partial<PodSpec>): Pod
  start(pod: Pod, attempt?: number): Promise<StartedContainer>
  /** Starts it, waits for its end and gives all it wrote. */
  ran(pod: Pod): Promise<{ readonly exit: Exit; readonly text: string }>
  logOf(pod: Pod, attempt?: number): Promise<string>
  /** The agent is gone as if it had been killed; another one takes over. */
  restart(): Promise<void>
  keeperPid(): number | undefined
  /** Ends everything, and throws where something is left. */
  close(): Promise<void>
}

export interface StartedContainer {
  readonly running: RunningContainer
  readonly exit: Promise<Exit>
}

/** Tests give a container's mounts and environment themselves. */
export interface GivenContainer extends Container {
  mounts?: readonly Mount[]
}

/** Why there is nothing to be tried here; undefined: everything is there. With CI=true that is a failure. */
export function whyNoSandbox(): string | undefined {
  const { noSandbox } = findMachine()
  if (noSandbox !== undefined && process.env.CI === 'true') throw new Error(noSandbox)
  return noSandbox
}

export function processWorld(machine?: Partial<MachineFound>): ProcessWorld {
  const directory = mkdtempSync(join(tmpdir(), 'everynode-process-'))
  const place = nodePlace(directory)
  const found = { ...findMachine(), ...machine }
  const newRuntime = () =>
    createProcessRuntime({
      place,
      materials: givenMaterials,
      clock: systemClock,
      log: silentLog,
      hostIP: () => '127.0.0.1',
      hidden: [directory],
      machine: found,
    })
  let runtime = newRuntime()
  const pods = new Set<Pod>()

  const world: ProcessWorld = {
    directory,
    get runtime() {
      return runtime
    },
    pod(name, container, more = {}) {
      const spec = { containers: [{ name: 'main', image: 'app:1', ...container }], ...more }
      const metadata = { name, namespace: 'default', uid: `uid-${name}` }
      return { apiVersion: 'v1', kind: 'Pod', metadata, spec }
    },
    async start(pod, attempt = 0) {
      pods.add(pod)
      let resolveExit = (_exit: Exit) => {}
      const exit = new Promise<Exit>((resolve) => {
        resolveExit = resolve
      })
      await runtime.openSandbox(pod)
      const running = await runtime.startContainer(pod, pod.spec.containers[0]!, attempt, (happening) => {
        if (happening.type === 'exited') resolveExit(happening.exit)
      })
      return { running, exit }
    },
    async ran(pod) {
      const { exit } = await world.start(pod)
      return { exit: await exit, text: await world.logOf(pod) }
    },
    logOf: (pod, attempt = 0) =>
      readLog(runtime, pod.metadata.uid!, `process://${pod.metadata.uid}-${pod.spec.containers[0]!.name}-${attempt}`),
    async restart() {
      // What a killed agent leaves: nothing is told to the keeper.
      const abandoned = runtime
      runtime = newRuntime()
      await abandoned.close()
    },
    keeperPid: () => keepersIn(directory)[0],
    async close() {
      for (const pod of pods) await runtime.closeSandbox(pod)
      await runtime.close()
      try {
        await nothingLeft(directory)
      } finally {
        rmSync(directory, { recursive: true, force: true })
      }
    },
  }
  return world
}

export function nodePlace(directory: string): NodePlace {
  return { nodeName: 'n1', root: '/', state: join(directory, 'state'), podLogs: join(directory, 'logs') }
}

/** Tells in the file `twice` if two of its runs ever live at the same time. */
export function crashPod(directory: string, number: number): Pod {
  const source = join(directory, 'data')
  const mounts: Mount[] = [{ source, target: '/data', readOnly: false, isDirectory: true, propagation: 'None' }]
  const lock = `exec 9>>/data/${number}.lock; flock -n 9 || echo ${number} >>/data/twice`
  const script = `${lock}; trap "exit 0" TERM; (while :; do sleep 0.1; done) & while :; do sleep 0.1; done`
  const container: GivenContainer = { name: 'main', image: 'app:1', command: ['sh', '-c', script], mounts }
  const metadata = { name: `crash-${number}`, namespace: 'default', uid: `uid-crash-${number}` }
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [container] } }
}

export const givenMaterials: PodMaterials = {
  async setUp() {},
  async launch(_pod, container): Promise<Launch> {
    const { command = [], args = [], workingDir, env = [], mounts = [] } = container as GivenContainer
    return { command, args, workingDir, env: env.map(({ name, value = '' }) => ({ name, value })), mounts }
  },
  async tearDown() {},
  leftovers: async () => [],
  async tearDownUid() {},
  async close() {},
}

function readLog(runtime: ProcessRuntime, uid: string, id: string): Promise<string> {
  const log = runtime.log(uid, id)
  if (log === undefined) return Promise.reject(new RuntimeRefusal('NotFound', `no log of ${id}`))
  return new Promise((resolve, reject) => {
    let text = ''
    const sink: ByteSink = {
      write(chunk) {
        text += Buffer.from(chunk).toString('utf8')
        return true
      },
      drained: async () => {},
      end: () => resolve(text),
      destroy: () => reject(new Error(`the log of ${id} broke off`)),
    }
    log.read({ timestamps: false, follow: false }, sink)
  })
}

/** Processes of keepers of this directory. */
export function keepersIn(directory: string): number[] {
  return allProcesses().filter((pid) => {
    const words = commandLineOf(pid)
    return words.some((word) => /keeper\.(ts|js)$/.test(word)) && words.some((word) => word.startsWith(directory))
  })
}

/** Processes, mounts and cgroups that still name this directory or a pod of it. */
export function leftovers(directory: string): string[] {
  const processes = allProcesses()
    .filter((pid) => commandLineOf(pid).some((word) => word.includes(directory)) || isMarked(pid))
    .map((pid) => `process ${pid}: ${commandLineOf(pid).join(' ')}`)
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(directory))
  const cgroups = ['memory', 'cpu', 'pids', 'unified', '.'].flatMap((hierarchy) =>
    namesIn(`/sys/fs/cgroup/${hierarchy}/everynode`).filter((name) => name.includes('-uid-')),
  )
  return [...processes, ...mounts, ...cgroups]
}

/** Of a test's own pods: their environment says so. */
function isMarked(pid: number): boolean {
  return environmentOf(pid)?.includes('EVERYNODE_RUN=uid-') === true
}

export async function nothingLeft(directory: string): Promise<void> {
  let left = leftovers(directory)
  // The keeper takes its leave, and the kernel its time.
  for (let tries = 0; left.length > 0 && tries < 100; tries++) {
    await wait(50)
    left = leftovers(directory)
  }
  if (left.length === 0) return
  for (const pid of keepersIn(directory)) process.kill(pid, 'SIGKILL')
  throw new Error(`left over:\n${left.join('\n')}`)
}

function commandLineOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

export function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
}

export { systemClock } from '../src/cli/host/system.ts'
