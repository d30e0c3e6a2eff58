// From a pod and what its container is given to the order for the keeper: the command line of the sandbox, who runs in
// it, its limits. What cannot be done here is refused with the reason and the cure.

import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Container, Pod } from '../../api/types.ts'
import { containerLogPlace } from '../logs/pod-log-place.ts'
import type { Launch, NodePlace } from '../materials.ts'
import { RuntimeRefusal } from '../runtime.ts'
import { wrapperFiles } from './keeper/inner-script.ts'
import { runVariable } from './keeper/kill-tree.ts'
import type { MachineFound } from './machine.ts'
import { type RunName, runKey, type StartOrder } from './orders.ts'
import { checkProgram, defaultPath, onMachine } from './program.ts'
import { cgroupOrders, oomScoreAdj } from './resources.ts'
import { type Look, rootOptions } from './root-plan.ts'
import { capabilityOptions, identityFor, ownerOf, privilegePrefix } from './security.ts'

export interface OrderParts {
  readonly place: NodePlace
  readonly machine: MachineFound
  /** Directories of the machine that no container may see: the cluster's own data. */
  readonly hidden: readonly string[]
}

export function startOrder(
  parts: OrderParts,
  pod: Pod,
  container: Container,
  attempt: number,
  launch: Launch,
): StartOrder {
  const { place, machine, hidden } = parts
  const run: RunName = { podUid: pod.metadata.uid ?? '', container: container.name, attempt }
  if (launch.command.length + launch.args.length === 0) throw noCommand(container)
  const identity = identityFor(pod, container, machine)
  const mode = machine.bwrap === undefined ? 'plain' : 'sandbox'
  // Its processes are among the machine's own: a cgroup and a mark hold them together.
  const isLoose = mode === 'plain' || pod.spec.hostPID === true
  checkMounts(launch, container, machine)
  checkProgram(launch)
  const workingDir = launch.workingDir ?? '/'
  const root = { ...identity, mounts: launch.mounts, hidden: [...hidden, place.state] }
  const wrapperOptions = [
    ...(pod.spec.hostPID === true ? [] : ['--unshare-pid']),
    ...(pod.spec.hostIPC === true ? [] : ['--unshare-ipc']),
    ...rootOptions(root, machineLook()),
    ...capabilityOptions(identity, machine.uid),
    ...['--chdir', workingDir, '--json-status-fd', String(wrapperFiles.status)],
  ]
  const cgroupName = `${place.nodeName}-${pod.metadata.uid}-${container.name}-${attempt}`
  return {
    run,
    mode,
    logs: containerLogPlace(place.podLogs, pod, container.name, attempt),
    wrapper: machine.bwrap,
    wrapperOptions: machine.bwrap === undefined ? [] : wrapperOptions,
    prefix: privilegePrefix(identity, machine.setpriv, mode),
    command: [...launch.command, ...launch.args],
    directory: mode === 'sandbox' ? '/' : onMachine(workingDir, launch.mounts),
    env: environment(launch, identity.uid, isLoose ? [[runVariable, runKey(run)]] : []),
    // In a sandbox the kernel ends all processes with the first; elsewhere a cgroup is what holds them together.
    cgroups: cgroupOrders(container, machine.cgroups, cgroupName, isLoose),
    oomScoreAdj: oomScoreAdj(pod, container, machine.memoryBytes),
    stdin: container.stdin === true,
    stdinOnce: container.stdinOnce === true,
    owner: ownerOf(identity),
  }
}

function noCommand({ image }: Container): RuntimeRefusal {
  const cure = 'give the container a command, or run the pod with runtimeClassName cri'
  const why = `the process runtime runs programs of the machine and takes nothing from the image "${image}"`
  return new RuntimeRefusal('CreateContainerError', `no command specified: ${why}: ${cure}`)
}

/** What every pod is given and a process without a sandbox can do without, it does without. */
const dispensable = [
  '/var/run/secrets/kubernetes.io/serviceaccount',
  '/etc/hosts',
  '/etc/resolv.conf',
  '/dev/termination-log',
]

function checkMounts({ mounts }: Launch, container: Container, { bwrap, noSandbox }: MachineFound): void {
  const shared = mounts.find(({ propagation }) => propagation === 'Bidirectional')
  if (shared !== undefined) {
    const why = 'mountPropagation Bidirectional needs a container runtime: run the pod with runtimeClassName cri'
    throw new RuntimeRefusal('CreateContainerError', `mount ${shared.target}: ${why}`)
  }
  const needed = mounts.find(({ target }) => ![...dispensable, container.terminationMessagePath].includes(target))
  if (bwrap === undefined && needed !== undefined) {
    const cure = 'install bubblewrap (Debian: apt-get install bubblewrap), or run the pod with runtimeClassName cri'
    throw new RuntimeRefusal('CreateContainerError', `mount ${needed.target}: ${noSandbox}: ${cure}`)
  }
}

function environment(launch: Launch, uid: number, own: readonly [string, string][]): [string, string][] {
  const given = new Map(launch.env.map(({ name, value }) => [name, value]))
  const defaults: [string, string][] = [
    ['PATH', defaultPath],
    ['HOME', uid === 0 ? '/root' : '/'],
  ]
  return [...new Map([...defaults, ...given, ...own])]
}

/** The machine as it is now; each directory is read once for one container. */
function machineLook(): Look {
  const read = new Map<string, ReturnType<Look>>()
  return (directory) => {
    if (!read.has(directory)) read.set(directory, entriesOf(directory))
    return read.get(directory)
  }
}

function entriesOf(directory: string): ReturnType<Look> {
  try {
    return readdirSync(directory, { withFileTypes: true }).map((entry) => {
      const { name } = entry
      if (!entry.isSymbolicLink())
        return { name, kind: entry.isDirectory() ? ('directory' as const) : ('file' as const) }
      return { name, kind: 'link' as const, to: readlinkSync(join(directory, name)) }
    })
  } catch {
    return undefined
  }
}
