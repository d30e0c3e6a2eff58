// What is decided before anything is started: the root a container sees, who it is, what it may use, what is refused.

import { expect, test } from 'vitest'
import type { Container, Pod } from '../../api/types.ts'
import type { Mount } from '../materials.ts'
import { innerScript } from './keeper/inner-script.ts'
import { onMachine } from './program.ts'
import { type CgroupHierarchies, cgroupOrders, oomScoreAdj, unlimited } from './resources.ts'
import { type Entry, type Look, type RootWishes, rootOptions } from './root-plan.ts'
import { capabilityOptions, defaultCapabilities, identityFor, type Machine, privilegePrefix } from './security.ts'

const machine: Readonly<Record<string, readonly Entry[]>> = {
  '/': [
    { name: 'bin', kind: 'link', to: 'usr/bin' },
    { name: 'data', kind: 'directory' },
    { name: 'etc', kind: 'directory' },
    { name: 'home', kind: 'directory' },
    { name: 'proc', kind: 'directory' },
    { name: 'root', kind: 'directory' },
    { name: 'run', kind: 'directory' },
    { name: 'sys', kind: 'directory' },
    { name: 'tmp', kind: 'directory' },
    { name: 'usr', kind: 'directory' },
    { name: 'var', kind: 'directory' },
  ],
  '/data': [{ name: 'cluster', kind: 'directory' }],
  '/data/cluster': [],
  '/etc': [
    { name: 'hosts', kind: 'file' },
    { name: 'app', kind: 'directory' },
    { name: 'mtab', kind: 'link', to: '/proc/mounts' },
  ],
  '/etc/app': [{ name: 'conf', kind: 'file' }],
  '/usr': [],
  '/var': [
    { name: 'log', kind: 'directory' },
    { name: 'run', kind: 'link', to: '/run' },
  ],
  '/var/log': [],
}
const look: Look = (directory) => machine[directory]

function planned(targets: readonly (string | Partial<Mount>)[], more: Partial<RootWishes> = {}): string {
  const mounts = targets.map(
    (target): Mount => ({
      source: '/v',
      target: typeof target === 'string' ? target : '/x',
      readOnly: false,
      isDirectory: true,
      propagation: 'None',
      ...(typeof target === 'string' ? {} : target),
    }),
  )
  const wishes = { mounts, readOnlyRoot: false, privileged: false, isAgentRoot: true, hidden: [], ...more }
  const text = rootOptions(wishes, look).join(' ').replaceAll(' --', '\n--')
  // What every root has is told once.
  return text
    .split('\n')
    .filter((line) => !everyRoot.includes(line))
    .join('\n')
}

const everyRoot = [
  '--symlink usr/bin /bin',
  ...['data', 'etc', 'usr', 'var'].map((name) => `--ro-bind /${name} /${name}`),
  '--proc /proc',
  '--dev /dev',
  '--ro-bind /sys /sys',
  '--perms 1777',
  '--tmpfs /tmp',
  '--perms 0755',
  '--tmpfs /run',
  '--dir /root',
  '--dir /home',
  '--remount-ro /',
]

const roots: [name: string, targets: (string | Partial<Mount>)[], more: Partial<RootWishes>, options: string[]][] = [
  ['nothing mounted', [], {}, []],
  ['where the machine has a directory', ['/var/log'], {}, ['--bind /v /var/log']],
  ['read-only', [{ target: '/var/log', readOnly: true }], {}, ['--ro-bind /v /var/log']],
  ['where it has nothing, below the root', ['/fluentd/log'], {}, ['--dir /fluentd', '--bind /v /fluentd/log']],
  ['through a link of the machine', ['/var/run/x'], {}, ['--bind /v /run/x']],
  [
    'where it has nothing, below a directory of the machine',
    ['/etc/new'],
    {},
    [
      '--dir /.host',
      '--ro-bind /etc /.host/etc',
      '--tmpfs /etc',
      '--symlink /.host/etc/hosts /etc/hosts',
      '--symlink /.host/etc/app /etc/app',
      '--symlink /proc/mounts /etc/mtab',
      '--bind /v /etc/new',
      '--remount-ro /etc',
    ],
  ],
  [
    'a file over a directory',
    [{ target: '/etc/app', isDirectory: false }],
    {},
    [
      '--dir /.host',
      '--ro-bind /etc /.host/etc',
      '--tmpfs /etc',
      '--symlink /.host/etc/hosts /etc/hosts',
      '--symlink /proc/mounts /etc/mtab',
      '--bind /v /etc/app',
      '--remount-ro /etc',
    ],
  ],
  ['a file over a file', [{ target: '/etc/app/conf', isDirectory: false }], {}, ['--bind /v /etc/app/conf']],
  [
    'what nobody may see',
    [],
    { hidden: ['/data/cluster', '/tmp/x', '/gone'] },
    ['--perms 0700', '--tmpfs /data/cluster', '--remount-ro /data/cluster'],
  ],
  ['a read-only root', [], { readOnlyRoot: true }, ['--remount-ro /tmp', '--remount-ro /run']],
  ['a read-only root with a volume at /tmp', ['/tmp'], { readOnlyRoot: true }, ['--bind /v /tmp', '--remount-ro /run']],
  ['`..` leads nowhere', ['/a/../../../b'], {}, ['--bind /v /b']],
]

test.each(roots)('the root: %s', (_name, targets, more, options) => {
  expect(planned(targets, more)).toBe(options.join('\n'))
})

test('links in a circle are followed only so far', () => {
  const circle: Look = (directory) => (directory === '/' ? [{ name: 'a', kind: 'link', to: '/a' }] : undefined)
  const mounts: Mount[] = [{ source: '/v', target: '/a/b', readOnly: false, isDirectory: true, propagation: 'None' }]
  const options = rootOptions({ mounts, readOnlyRoot: false, privileged: false, isAgentRoot: true, hidden: [] }, circle)
  expect(options).toContain('/a/b')
})

const root: Machine = { uid: 0, gid: 0, bwrap: '/bwrap', setpriv: '/setpriv' }
const somebody: Machine = { ...root, uid: 1000, gid: 1000 }

function who(own: object, shared: object = {}, on: Machine = root): string {
  const container: Container = { name: 'c', securityContext: own }
  const metadata = { name: 'p', namespace: 'default', uid: 'u' }
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { containers: [container], securityContext: shared },
  }
  try {
    const identity = identityFor(pod, container, on)
    const { uid, gid, groups } = identity
    const capabilities =
      identity.capabilities.join() === defaultCapabilities.join() ? 'usual' : identity.capabilities.join()
    return `${[uid, gid, ...groups].join(' ')} ${capabilities}`.trim()
  } catch (error) {
    return error instanceof Error ? error.message : ''
  }
}

const identities: [name: string, own: object, shared: object, on: Machine, told: string | RegExp][] = [
  ['nothing asked for', {}, {}, root, '0 0 usual'],
  ['by somebody', {}, {}, somebody, '1000 1000'],
  ['a user', { runAsUser: 5 }, {}, root, '5 0 usual'],
  ['its own before its pod', { runAsUser: 5 }, { runAsUser: 6, runAsGroup: 7 }, root, '5 7 usual'],
  ['groups', {}, { fsGroup: 9, supplementalGroups: [8, 9] }, root, '0 0 8 9 usual'],
  ['none', { capabilities: { drop: ['ALL'] } }, {}, root, '0 0'],
  ['one', { capabilities: { drop: ['all'], add: ['CAP_SYS_TIME'] } }, {}, root, '0 0 SYS_TIME'],
  ['all but one', { capabilities: { add: ['ALL'], drop: ['KILL'] } }, {}, root, '0 0 ALL,-KILL'],
  ['privileged', { privileged: true }, {}, root, '0 0 ALL'],
  [
    'privileged, by somebody',
    { privileged: true },
    {},
    somebody,
    /is privileged, and the agent is not root: start the agent as root/,
  ],
  ['another user, by somebody', { runAsUser: 5 }, {}, somebody, /runs as user 5, group 0, and the agent is not root/],
  ['the same user, by somebody', { runAsUser: 1000 }, {}, somebody, '1000 1000'],
  [
    'more than it has, by somebody',
    { capabilities: { add: ['SYS_TIME'] } },
    {},
    somebody,
    /adds capabilities \(SYS_TIME\)/,
  ],
  ['not root, as root', { runAsNonRoot: true }, {}, root, /has runAsNonRoot and the agent runs as root/],
  [
    'not root, as user 0',
    { runAsUser: 0 },
    { runAsNonRoot: true },
    root,
    /breaks non-root policy \(pod: "p_default\(u\)", container: c\)/,
  ],
  ['not root, as a user', { runAsUser: 5 }, { runAsNonRoot: true }, root, '5 0 usual'],
  ['another user without setpriv', { runAsUser: 5 }, {}, { ...root, setpriv: undefined }, /install setpriv/],
]

test.each(identities)('who it is: %s', (_name, own, shared, on, told) => {
  if (typeof told === 'string') expect(who(own, shared, on)).toBe(told)
  else expect(who(own, shared, on)).toMatch(told)
})

test('somebody else is made by setpriv, which has what it needs for that', () => {
  const identity = {
    uid: 5,
    gid: 6,
    groups: [7, 8],
    privileged: false,
    readOnlyRoot: false,
    noNewPrivileges: true,
    isAgentRoot: true,
    isOther: true,
  }
  const other = { ...identity, capabilities: [] }
  expect(privilegePrefix(other, '/setpriv', 'sandbox').join(' ')).toBe('/setpriv --reuid 5 --regid 6 --groups 7,8 --')
  expect(privilegePrefix(other, '/setpriv', 'plain').join(' ')).toContain('--bounding-set -all --no-new-privs')
  const allButOne = { ...other, isOther: false, noNewPrivileges: false, capabilities: ['ALL', '-KILL'] }
  expect(privilegePrefix(allButOne, '/setpriv', 'plain').join(' ')).toBe('/setpriv --bounding-set -kill --')
  expect(capabilityOptions(allButOne, 0).join(' ')).toBe('--cap-drop CAP_KILL')
  expect(capabilityOptions(other, 0).join(' ')).toBe(
    '--cap-drop ALL --cap-add CAP_SETUID --cap-add CAP_SETGID --cap-add CAP_SETPCAP',
  )
  expect(capabilityOptions(other, 1000)).toEqual([])
})

const v1: CgroupHierarchies = { memory: '/m', cpu: '/c', unified: '/u', unifiedControllers: [] }
const v2: CgroupHierarchies = { unified: '/u', unifiedControllers: ['cpu', 'memory'] }
const nothing: CgroupHierarchies = { unifiedControllers: [] }

function limits(resources: Container['resources'], hierarchies: CgroupHierarchies, needsTree = false): string[] {
  return cgroupOrders(
    { name: 'c', ...(resources === undefined ? {} : { resources }) },
    hierarchies,
    'x',
    needsTree,
  ).map(
    ({ path, files, oomFile }) =>
      `${path} ${files.map((file) => file.join('=')).join(' ')}${oomFile === undefined ? '' : ' !'}`,
  )
}

const asked = { limits: { cpu: '500m', memory: '64Mi' }, requests: { cpu: '250m' } }
const limited: [name: string, resources: Container['resources'], hierarchies: CgroupHierarchies, orders: string[]][] = [
  [
    'v1',
    asked,
    v1,
    ['/m/x memory.limit_in_bytes=67108864 !', '/c/x cpu.shares=256 cpu.cfs_period_us=100000 cpu.cfs_quota_us=50000'],
  ],
  ['v2', asked, v2, ['/u/x memory.max=67108864 cpu.weight=10 cpu.max=50000 100000 !']],
  ['none to be had', asked, nothing, []],
  ['nothing asked for', undefined, v1, []],
  ['a request alone', { requests: { cpu: '1m', memory: '1Gi' } }, v1, ['/c/x cpu.shares=2']],
  ['a limit is also the request', { limits: { cpu: '2' } }, v2, ['/u/x cpu.weight=79 cpu.max=200000 100000']],
]

test.each(limited)('limits: %s', (_name, resources, hierarchies, orders) => {
  expect(limits(resources, hierarchies)).toEqual(orders)
})

test('without a sandbox a tree holds the processes together', () => {
  expect(limits(undefined, v1, true)).toEqual(['/u/x '])
})

test('limits that cannot be set are named', () => {
  expect(unlimited({ name: 'c', resources: asked }, nothing)).toEqual(['cpu', 'memory'])
  expect(unlimited({ name: 'c', resources: asked }, { ...nothing, memory: '/m' })).toEqual(['cpu'])
  expect(unlimited({ name: 'c', resources: asked }, v2)).toEqual([])
})

const scores: [qosClass: string, requested: string, priority: number, score: number | undefined][] = [
  ['BestEffort', '0', 0, 1000],
  ['Guaranteed', '1Gi', 0, undefined],
  ['Burstable', '512Mi', 0, 500],
  ['Burstable', '2Gi', 0, 3],
  ['Burstable', '1Ki', 0, 999],
  ['BestEffort', '0', 2_000_001_000, undefined],
]

test.each(scores)('who is killed first: %s, %s requested, priority %i', (qosClass, memory, priority, score) => {
  const container: Container = { name: 'c', resources: { requests: { memory } } }
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {},
    spec: { containers: [container], priority },
    status: { qosClass },
  }
  expect(oomScoreAdj(pod, container, 2 ** 30)).toBe(score)
})

test('a path in the container is one of a mount, of the innermost, or of the machine', () => {
  const mount = (target: string, source: string): Mount => ({
    source,
    target,
    readOnly: false,
    isDirectory: true,
    propagation: 'None',
  })
  const mounts = [mount('/opt', '/v/opt'), mount('/opt/bin', '/v/bin')]
  expect(
    ['/opt/x', '/opt/bin/x', '/optional/x', '/opt', '/opt/bin/../x'].map((path) => onMachine(path, mounts)),
  ).toEqual(['/v/opt/x', '/v/bin/x', '/optional/x', '/v/opt', '/v/opt/x'])
})

test('right before the command: cgroups, the score, the mask, the word', () => {
  expect(innerScript('sandbox', 2, 900).split('\n')).toEqual([
    'echo 0 >&6 || exit 125',
    'echo 0 >&7 || exit 125',
    'echo 900 2>/dev/null >/proc/self/oom_score_adj',
    'umask 022',
    'echo >&3',
    'exec 5>&- 3>&- 4>&- 6>&- 7>&-',
    'exec "$@"',
  ])
})
