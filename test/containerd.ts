// A containerd of a test's own: its directories, sockets and images lie in a temporary directory, and everything it has
// started is gone at the end. Where there is none, tests are skipped with the reason; with CI=true that is a failure.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { writeBusyboxImages } from '../examples/images/busybox.js'
import { CriClient } from '../src/agent/cri/client.ts'

export interface TestContainerd {
  readonly directory: string
  readonly socketPath: string
  readonly pid: () => number
  importImage(file: string): void
  /** SIGKILL to the daemon alone: containers go on. */
  kill(): Promise<void>
  /** Again, after `kill`. */
  start(): Promise<void>
  /**
   * Shims that hold something. Where its client dies while it starts one, containerd 1.6 leaves an empty shim that it knows
   * nothing of (`start failed: context canceled` in its log): nobody's fault here, and nobody's here to take away.
   */
  processes(): readonly string[]
  /** Takes everything away, also pods that a test has left behind. */
  remove(): Promise<void>
}

export const busybox = 'localhost/everynode/busybox:1'

/** Why there can be no containerd here; undefined where there can. */
export function noContainerd(): string | undefined {
  const why = missing()
  if (why !== undefined && process.env.CI === 'true') throw new Error(`containers cannot be tested: ${why}`)
  return why
}

function missing(): string | undefined {
  if (process.platform !== 'linux') return 'no Linux'
  if (process.getuid?.() !== 0) return 'not root'
  const needed = ['containerd', 'ctr', 'runc', 'containerd-shim-runc-v2', 'busybox', 'catatonit']
  const absent = needed.filter((name) => programPath(name) === undefined)
  return absent.length === 0 ? undefined : `${absent.join(', ')} not installed`
}

/** Why pods cannot have networks of their own here; undefined where they can. */
export function noNetworks(): string | undefined {
  const why = existsSync('/usr/lib/cni/bridge') ? undefined : 'containernetworking-plugins not installed'
  if (why !== undefined && process.env.CI === 'true') throw new Error(`networks of pods cannot be tested: ${why}`)
  return why
}

/**
 * `within`: what its command line begins with (network-hosts.ts). `network`: its pods have a bridge and addresses of their
 * own, which only a network namespace takes away again.
 */
export async function startContainerd(within: readonly string[] = [], network = false): Promise<TestContainerd> {
  const directory = mkdtempSync(join(tmpdir(), 'everynode-containerd-'))
  if (network) {
    mkdirSync(join(directory, 'cni'))
    writeFileSync(join(directory, 'cni/10-pods.conflist'), JSON.stringify(networkOf(directory)))
  }
  const socketPath = join(directory, 'containerd.sock')
  const configPath = join(directory, 'config.toml')
  writeFileSync(configPath, configuration(directory, socketPath))
  let daemon: ChildProcess | undefined

  async function start(): Promise<void> {
    const log = openSync(join(directory, 'containerd.log'), 'a')
    // Should the tests themselves be killed, it ends by itself.
    const limited = ['--kill-after=10', '1200', ...within, 'containerd', '-c', configPath]
    daemon = spawn('timeout', limited, { stdio: ['ignore', log, log], detached: true })
    closeSync(log)
    await until(
      () => answers(socketPath),
      20_000,
      () => readFileSync(join(directory, 'containerd.log'), 'utf8'),
    )
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const child = daemon
    daemon = undefined
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    process.kill(-child.pid, signal)
    await ended
  }

  const containerd: TestContainerd = {
    directory,
    socketPath,
    pid: () => daemon?.pid ?? 0,
    importImage(file) {
      execFileSync('ctr', ['-a', socketPath, '-n', 'k8s.io', 'images', 'import', file], { stdio: 'pipe' })
    },
    kill: () => end('SIGKILL'),
    start,
    processes: () => shimsOf(socketPath).flatMap(({ pid, command }) => (childrenOf(pid).length > 0 ? [command] : [])),
    async remove() {
      if (daemon !== undefined) await removePods(socketPath).catch(() => {})
      await end('SIGTERM')
      for (const { pid } of shimsOf(socketPath)) killTree(pid)
      unmountBelow(directory)
      rmSync(directory, { recursive: true, force: true })
    },
  }
  try {
    await start()
    mkdirSync(join(directory, 'images'))
    for (const file of writeBusyboxImages(join(directory, 'images'))) containerd.importImage(file)
  } catch (error) {
    await containerd.remove()
    throw error
  }
  return containerd
}

/** Addresses from a bridge, and ports of the host. */
function networkOf(directory: string): object {
  const ipam = {
    type: 'host-local',
    dataDir: `${directory}/cni-addresses`,
    ranges: [[{ subnet: '10.89.7.0/24' }]],
    routes: [{ dst: '0.0.0.0/0' }],
  }
  const bridge = { type: 'bridge', bridge: 'pods0', isGateway: true, hairpinMode: true, ipam }
  return {
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [bridge, { type: 'portmap', capabilities: { portMappings: true } }],
  }
}

/** Settings that decide it: without `network` there is no CNI, and pods have the host's; else what a small machine permits. */
function configuration(directory: string, socketPath: string): string {
  return `version = 2
root = "${directory}/root"
state = "${directory}/state"
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt"]
[grpc]
  address = "${socketPath}"
[ttrpc]
  address = "${socketPath}.ttrpc"
[debug]
  address = "${directory}/debug.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/everynode/pause:1"
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  restrict_oom_score_adj = true
  disable_apparmor = true
  disable_hugetlb_controller = true
  tolerate_missing_hugetlb_controller = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = "${programPath('runc')}"
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${directory}/cni"
`
}

async function answers(socketPath: string): Promise<boolean> {
  if (!existsSync(socketPath)) return false
  const client = new CriClient(socketPath)
  try {
    await client.call('status', {}, 2000)
    return true
  } catch {
    return false
  } finally {
    client.close()
  }
}

async function removePods(socketPath: string): Promise<void> {
  const client = new CriClient(socketPath)
  try {
    const { items } = await client.call('listPodSandbox', {})
    for (const { id: podSandboxId } of items) {
      await client.call('stopPodSandbox', { podSandboxId })
      await client.call('removePodSandbox', { podSandboxId })
    }
  } finally {
    client.close()
  }
}

/** A shim names the socket of its containerd on its command line. */
function shimsOf(socketPath: string): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')
        const isShim = command[0]?.includes('containerd-shim') === true && command.includes(socketPath)
        return isShim ? [{ pid: Number(name), command: command.join(' ') }] : []
      } catch {
        return []
      }
    })
}

/** A shim and everything below it. */
function killTree(pid: number): void {
  try {
    for (const child of childrenOf(pid)) killTree(child)
    process.kill(pid, 'SIGKILL')
  } catch {
    // It is gone.
  }
}

/** Started by any of its threads. */
function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    )
  } catch {
    return []
  }
}

export function unmountBelow(directory: string): void {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${directory}/`))
  for (const point of points.reverse()) execFileSync('umount', ['-l', point], { stdio: 'ignore' })
}

export function programPath(name: string): string | undefined {
  const places = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']
  return places.map((place) => join(place, name)).find(existsSync)
}

async function until(met: () => Promise<boolean>, withinMs: number, why: () => string): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await met())) {
    if (performance.now() > deadline) throw new Error(`containerd does not answer: ${why().slice(-2000)}`)
    await after(20)
  }
}
