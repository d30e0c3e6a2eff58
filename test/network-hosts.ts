// Several hosts on one machine: network namespaces with a cable each to one switch, and nothing beyond. What is started in
// one sees only its own addresses. Needs root and iproute2; with CI=true their absence is a failure.
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import type { TestContext } from 'vitest'

export interface NetworkHosts {
  /** A new host, with an address of its own; by `within` a command line is run on it. */
  add(name: string): NetworkHost
  /** Takes away every host, and whatever still runs on one. */
  remove(): void
}

export interface NetworkHost {
  readonly address: string
  /** `nsenter …`, to be put before a command. */
  readonly within: string
  unplug(): void
  plugIn(): void
  /** As when the power fails. */
  killAll(): void
  /** Command lines of what runs there. */
  processes(): string[]
}

/** Skips the test where there can be none. */
export function needsNetworkHosts(context: TestContext): void {
  const why = whyNoNetworkHosts()
  if (why === undefined) return
  if (process.env.CI === 'true') throw new Error(`several hosts cannot be tested: ${why}`)
  context.skip(why)
}

export function whyNoNetworkHosts(): string | undefined {
  if (process.platform !== 'linux') return 'no Linux'
  if (process.getuid?.() !== 0) return 'not root'
  try {
    execFileSync('sh', ['-c', 'command -v ip && command -v nsenter'], { stdio: 'pipe' })
    return undefined
  } catch {
    return 'iproute2 or nsenter is not installed'
  }
}

const prefix = 'everynode-test'

export function openNetworkHosts(): NetworkHosts {
  removeThoseOfTheDead()
  const mine = `${prefix}-${process.pid}`
  const hub = `${mine}-hub`
  const names = [hub]
  ip('netns', 'add', hub)
  ip('-n', hub, 'link', 'add', 'hub', 'type', 'bridge')
  ip('-n', hub, 'link', 'set', 'hub', 'up')

  return {
    add(name) {
      const own = `${mine}-${name}`
      const cable = `to-${name}`
      ip('netns', 'add', own)
      names.push(own)
      // TEST-NET-3 (RFC 5737).
      const address = `203.0.113.${names.length - 1}`
      ip('link', 'add', 'eth0', 'netns', own, 'type', 'veth', 'peer', 'name', cable, 'netns', hub)
      ip('-n', hub, 'link', 'set', 'dev', cable, 'master', 'hub', 'up')
      ip('-n', own, 'addr', 'add', `${address}/24`, 'dev', 'eth0')
      ip('-n', own, 'link', 'set', 'eth0', 'up')
      ip('-n', own, 'link', 'set', 'lo', 'up')
      return {
        address,
        within: `nsenter --net=/run/netns/${own}`,
        unplug: () => ip('-n', hub, 'link', 'set', 'dev', cable, 'down'),
        plugIn: () => ip('-n', hub, 'link', 'set', 'dev', cable, 'up'),
        killAll: () => killIn(own),
        processes: () => pidsIn(own).map(commandOf).filter(Boolean),
      }
    },
    remove() {
      for (const name of names) take(name)
    },
  }
}

/** Tests that were killed leave their hosts behind. */
function removeThoseOfTheDead(): void {
  const all = ip('netns', 'list')
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
  const living = new Set(readdirSync('/proc'))
  for (const name of all) {
    const [, pid] = new RegExp(`^${prefix}-(\\d+)-`).exec(name) ?? []
    if (pid !== undefined && !living.has(pid)) take(name)
  }
}

function take(name: string): void {
  killIn(name)
  ip('netns', 'del', name)
}

function killIn(name: string): void {
  for (const pid of pidsIn(name)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // Gone already.
    }
  }
}

function pidsIn(name: string): number[] {
  return ip('netns', 'pids', name).split('\n').filter(Boolean).map(Number)
}

function commandOf(pid: number): string {
  try {
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim()
  } catch {
    return ''
  }
}

function ip(...args: readonly string[]): string {
  return execFileSync('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString()
}
