// The runtimes of an agent on this machine: which there are, and which one pods get that name none. `auto` takes the best
// that answers, and keeps to it: what runs in one runtime must not be started a second time in another.
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createCriRuntime } from '../../agent/cri/runtime.ts'
import { createMaterials } from '../../agent/materials/materials.ts'
import type { NodePlace } from '../../agent/materials.ts'
import { createProcessRuntime } from '../../agent/process/runtime.ts'
import type { Runtime } from '../../agent/runtime.ts'
import { joinRuntimes, type RuntimeName } from '../../agent/runtimes.ts'
import { behaviourDefaults } from '../../agent/simulated/behaviour.ts'
import { PodRange } from '../../agent/simulated/pod-range.ts'
import { SimulatedRuntime } from '../../agent/simulated/runtime.ts'
import { sleep } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Client } from '../../client/client.ts'
import { CommandError } from '../command-error.ts'
import { systemClock, systemRandom } from '../host/system.ts'

export interface RuntimesOptions {
  readonly wanted: RuntimeName | 'auto'
  /** What it was last; undefined: this is the first start. */
  readonly kept: RuntimeName | undefined
  /** `unix:///run/containerd/containerd.sock`; undefined: where they usually are. */
  readonly endpoint: string | undefined
  readonly place: NodePlace
  readonly nodeIP: string
  /** The agent's own directory, which no container may see. */
  readonly data: string
  readonly server: URL
  readonly client: Client
  readonly log: Log
  readonly allocatable: () => Readonly<Record<string, string>>
}

export interface Runtimes {
  readonly runtime: Runtime
  readonly own: RuntimeName
  /** In words. */
  readonly why: string
  /** After the agent has stopped. */
  close(): Promise<void>
}

/** Upstream: --container-runtime-endpoint has no default any more; these are kubeadm's. */
const usualSockets = ['/run/containerd/containerd.sock', '/run/crio/crio.sock'] as const

/** Undefined when `signal` was aborted before. Throws CommandError where what was asked for is not there. */
export async function openRuntimes(options: RuntimesOptions, signal: AbortSignal): Promise<Runtimes | undefined> {
  const { place, nodeIP, client, log, wanted, kept } = options
  await mkdir(place.state, { recursive: true, mode: 0o700 })
  await mkdir(place.podLogs, { recursive: true, mode: 0o755 })
  const { hostname, port } = options.server
  const parts = { place, clock: systemClock, log, client }
  const hostIP = () => nodeIP
  const materials = createMaterials({
    ...parts,
    random: systemRandom,
    allocatable: options.allocatable,
    apiServer: () => ({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port === '' ? 443 : port) }),
  })
  const real = { ...parts, materials, hostIP }
  const cri = await criRuntime(options, (socketPath) => createCriRuntime({ ...real, socketPath }), signal)
  if (signal.aborted) return undefined
  const processes = createProcessRuntime({ ...real, hidden: [options.data] })
  const simulated = new SimulatedRuntime({
    clock: systemClock,
    nodeName: place.nodeName,
    hostIP: nodeIP,
    // Addresses that lead nowhere, and are in nobody's way (RFC 6598).
    podRange: new PodRange('100.127.255.0/24'),
    nodeAnnotations: () => ({}),
    defaults: behaviourDefaults,
  })
  const runtimes = new Map<RuntimeName, Runtime>([
    ...(typeof cri === 'string' ? [] : [['cri', cri] as const]),
    ['process', processes],
    ['simulated', simulated],
  ])
  const automatic: RuntimeName = typeof cri === 'string' ? 'process' : 'cri'
  const own = wanted === 'auto' ? (kept ?? automatic) : wanted
  return {
    runtime: joinRuntimes(runtimes, own),
    own,
    why: wanted === 'auto' ? whyAuto(own, cri, processes.sandbox) : 'asked for by --runtime',
    close: () => materials.close(),
  }
}

function whyAuto(own: RuntimeName, cri: Runtime | string, sandbox: string): string {
  if (own === 'process') return `${typeof cri === 'string' ? cri : 'chosen before'}; pods are processes (${sandbox})`
  return own === 'cri' && typeof cri !== 'string' ? `${cri.version} answers` : 'chosen before'
}

/** A text: why there is none. */
async function criRuntime(
  { wanted, kept, endpoint, log }: RuntimesOptions,
  create: (socketPath: string) => Promise<Runtime>,
  signal: AbortSignal,
): Promise<Runtime | string> {
  const isNeeded = wanted === 'cri' || (wanted === 'auto' && kept === 'cri')
  const sockets = endpoint === undefined ? usualSockets : [socketOf(endpoint)]
  for (let isTold = false; ; isTold = true) {
    const problems: string[] = []
    for (const socket of sockets.filter((path) => existsSync(path))) {
      try {
        return await create(socket)
      } catch (error) {
        problems.push(`${socket}: ${(error as Error).message}`)
      }
    }
    const why = problems.length > 0 ? problems.join('; ') : `no container runtime at ${sockets.join(' or ')}`
    if (!isNeeded) return why
    // On a first start it is the person who is waiting; later it is containerd that comes up after us.
    if (kept !== 'cri') throw new CommandError(`--runtime cri: ${why}`)
    if (!isTold) log.warn('container runtime does not answer', { why })
    await sleep(systemClock, retryMs, signal)
    if (signal.aborted) return why
  }
}

const retryMs = 2_000

function socketOf(endpoint: string): string {
  const path = endpoint.replace(/^unix:\/\//, '')
  if (!path.startsWith('/')) throw new CommandError(`--container-runtime-endpoint ${endpoint}: unix:///PATH is needed`)
  return path
}

/** Log files of pods lie where log collectors look for them; who may not write there has them in his own directory. */
export function placeOf(nodeName: string, root: string, state: string): NodePlace {
  const isOurs = root !== '/' || process.getuid?.() === 0
  return { nodeName, root, state, podLogs: isOurs ? join(root, 'var/log/pods') : join(state, 'logs/pods') }
}
