// What this machine has for containers without a container runtime: bubblewrap, setpriv, cgroups of either version, and
// who the agent is. Looked up once.

import { spawnSync } from 'node:child_process'
import { accessSync, constants, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { totalmem, userInfo } from 'node:os'
import { join } from 'node:path'
import type { CgroupHierarchies } from './resources.ts'
import type { Machine } from './security.ts'

export interface MachineFound extends Machine {
  readonly cgroups: CgroupHierarchies
  readonly memoryBytes: number
  readonly nsenter: string | undefined
  readonly script: string | undefined
  /** Why there is no sandbox; undefined where there is one. */
  readonly noSandbox: string | undefined
}

export interface MachineWishes {
  /** Where programs are looked for. Default: the agent's own PATH, and where administrators have theirs. */
  readonly path?: string | undefined
  readonly cgroupRoot?: string | undefined
}

export function findMachine({ path, cgroupRoot = '/sys/fs/cgroup' }: MachineWishes = {}): MachineFound {
  const { uid, gid } = userInfo()
  const directories = (path ?? `${process.env.PATH ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`).split(':').filter(Boolean)
  const find = (name: string) => directories.map((directory) => join(directory, name)).find(isProgram)
  const bwrap = find('bwrap')
  const noSandbox = bwrap === undefined ? 'bubblewrap is not installed' : whyNoSandbox(bwrap)
  return {
    uid,
    gid,
    bwrap: noSandbox === undefined ? bwrap : undefined,
    setpriv: find('setpriv'),
    nsenter: find('nsenter'),
    script: find('script'),
    cgroups: findCgroups(cgroupRoot),
    memoryBytes: totalmem(),
    noSandbox,
  }
}

/** Some machines forbid it what it needs: it is tried. */
function whyNoSandbox(bwrap: string): string | undefined {
  const options = [
    '--unshare-pid',
    '--unshare-ipc',
    '--ro-bind',
    '/',
    '/',
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    '/bin/true',
  ]
  const tried = spawnSync(bwrap, options, { encoding: 'utf8', timeout: 10_000 })
  if (tried.status === 0) return undefined
  return `bubblewrap does not work here: ${tried.stderr?.trim() || String(tried.error ?? tried.signal)}`
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Our own directory in each hierarchy, where we may make one. */
function findCgroups(root: string): CgroupHierarchies {
  const has = (path: string) => {
    try {
      accessSync(path)
      return true
    } catch {
      return false
    }
  }
  const own = (directory: string) => (has(join(directory, 'cgroup.procs')) ? ownDirectory(directory) : undefined)
  if (has(join(root, 'cgroup.controllers'))) {
    const unified = own(root)
    return { unified, unifiedControllers: unified === undefined ? [] : delegate(root, unified) }
  }
  return {
    memory: own(join(root, 'memory')),
    cpu: own(join(root, 'cpu')) ?? own(join(root, 'cpu,cpuacct')),
    pids: own(join(root, 'pids')),
    unified: own(join(root, 'unified')),
    unifiedControllers: [],
  }
}

function ownDirectory(hierarchy: string): string | undefined {
  const directory = join(hierarchy, 'everynode')
  // Whether it can be made is found out by making one, which does not stay.
  const trial = join(hierarchy, `everynode-trial-${process.pid}`)
  try {
    mkdirSync(trial)
    rmdirSync(trial)
    return directory
  } catch {
    return undefined
  }
}

/** Lets our directory use what the tree has. What it may use then. */
function delegate(root: string, directory: string): string[] {
  const wanted = ['cpu', 'memory'].filter((name) =>
    readFileSync(join(root, 'cgroup.controllers'), 'utf8').includes(name),
  )
  const given: string[] = []
  for (const controller of wanted) {
    try {
      writeFileSync(join(root, 'cgroup.subtree_control'), `+${controller}`)
      mkdirSync(directory, { recursive: true })
      writeFileSync(join(directory, 'cgroup.subtree_control'), `+${controller}`)
      given.push(controller)
    } catch {
      // Not ours to give.
    }
  }
  return given
}
