// A cluster on several machines: a server and its nodes, each a network namespace of its own with a root directory of its
// own; one node runs containers, the other processes. They join, are cut off, come back, lose their power, and leave.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { noContainerd, startContainerd, type TestContainerd } from './containerd.ts'
import {
  type NetworkHost,
  type NetworkHosts,
  needsNetworkHosts,
  openNetworkHosts,
  whyNoNetworkHosts,
} from './network-hosts.ts'
import { type Background, openShell, type Shell } from './shell.ts'

interface Machine {
  readonly host: NetworkHost
  readonly root: string
  agent: Background
}

let shell: Shell
let hosts: NetworkHosts
let control: NetworkHost
let server: Background
let line = ''
let containerd: TestContainerd | undefined
let a: Machine
let b: Machine

beforeAll(async () => {
  if (whyNoNetworkHosts() !== undefined) return
  shell = openShell()
  hosts = openNetworkHosts()
  control = hosts.add('control')
  server = await startServer()
  line = /^nodes join with: (.*)$/m.exec(server.out())![1]!
}, 90_000)

afterAll(async () => {
  if (whyNoNetworkHosts() !== undefined) return
  await shell?.close()
  await containerd?.remove()
  hosts?.remove()
}, 60_000)

beforeEach(needsNetworkHosts)

async function startServer(): Promise<Background> {
  const started = shell.start(`${control.within} everynode server --listen 0.0.0.0:6443 --log-level warn`)
  await started.saw(/^nodes join with: .*\n/m, 60_000)
  return started
}

function startAgent(host: NetworkHost, name: string, first: boolean, more = ''): Background {
  const root = join(shell.home, `${name}-root`)
  const command = first ? `${line} --node-name ${name}` : 'everynode agent'
  return shell.start(`${host.within} ${command} --data $HOME/${name} --node-root ${root} ${more} --log-level info`)
}

async function machine(name: string, more = '', host = hosts.add(name)): Promise<Machine> {
  const root = join(shell.home, `${name}-root`)
  mkdirSync(join(root, 'var/log'), { recursive: true })
  writeFileSync(join(root, 'var/log/machine.log'), `this is ${name}\n`)
  const agent = startAgent(host, name, true, more)
  await agent.saw(new RegExp(`^node ${name} \\(${host.address}\\)`, 'm'), 60_000)
  return { host, root, agent }
}

/** On the machine of the control plane, where the kubeconfig leads somewhere. */
const ask = (command: string) => `${control.within} everynode ${command}`
const json = async (command: string) => JSON.parse(await shell.ok(ask(`${command} -o json`)))

async function nodeStatus(name: string): Promise<string> {
  const { status } = await json(`get node ${name}`)
  return status.conditions.find(({ type }: { type: string }) => type === 'Ready').status
}

interface SeenPod {
  metadata: { name: string; uid: string }
  spec: { nodeName: string }
  status: {
    podIP: string
    phase: string
    conditions: { type: string; status: string }[]
    containerStatuses: { containerID: string; restartCount: number; state: object }[]
  }
}

async function podOn(node: string): Promise<SeenPod> {
  const { items } = (await json('get pods -l app=collector')) as { items: SeenPod[] }
  return items.find(({ spec }) => spec.nodeName === node)!
}

const collector = `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: collector}
spec:
  selector: {matchLabels: {app: collector}}
  template:
    metadata: {labels: {app: collector}}
    spec:
      terminationGracePeriodSeconds: 2
      hostNetwork: true
      containers:
      - name: main
        image: localhost/everynode/busybox:1
        imagePullPolicy: Never
        env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
        command: [sh, -c]
        args:
        - |
          trap 'exit 0' TERM
          cat /host/log/machine.log
          i=0; while :; do echo "$NODE tick $i"; echo $i > /host/log/ticks; i=$((i+1)); sleep 0.5; done
        volumeMounts: [{name: logs, mountPath: /host/log}]
      volumes: [{name: logs, hostPath: {path: /var/log}}]
`

const running = (out: string, count: number) => (out.match(/ 1\/1 +Running /g) ?? []).length === count
const ticks = ({ root }: Machine) => Number(readFileSync(join(root, 'var/log/ticks'), 'utf8'))

async function ticksOn(one: Machine): Promise<void> {
  const before = ticks(one)
  await expect.poll(() => ticks(one), { timeout: 10_000 }).toBeGreaterThan(before)
}

test('machines join, one with containers and one with processes, and the DaemonSet is on both', async () => {
  a = await machine('a', '--runtime process')
  const host = hosts.add('b')
  const why = noContainerd()
  if (why === undefined) containerd = await startContainerd(host.within.split(' '))
  const runtime =
    containerd === undefined ? '--runtime process' : `--container-runtime-endpoint unix://${containerd.socketPath}`
  b = await machine('b', runtime, host)
  writeFileSync(join(shell.home, 'collector.yaml'), collector)
  await shell.ok(ask('apply -f $HOME/collector.yaml'))
  await shell.until(ask('get pods --no-headers'), (out) => running(out, 2), 60_000)
  for (const [name, one] of [
    ['a', a],
    ['b', b],
  ] as const) {
    const pod = await podOn(name)
    expect(pod.status.podIP).toBe(one.host.address)
    const log = await shell.until(ask(`logs ${pod.metadata.name}`), (out) => out.includes('tick 2'))
    expect(log.split('\n').slice(0, 2)).toEqual([`this is ${name}`, `${name} tick 0`])
    await ticksOn(one)
  }
  const wide = await shell.ok(ask('get nodes -o wide --no-headers'))
  expect(wide).toMatch(new RegExp(`^a +Ready .* ${a.host.address} .* process://`, 'm'))
  expect(wide).toMatch(
    new RegExp(`^b +Ready .* ${b.host.address} .* ${containerd === undefined ? 'process' : 'containerd'}://`, 'm'),
  )
}, 180_000)

test('while the server is away pods go on, and the status catches up', async () => {
  server.signal('SIGKILL')
  await server.exited
  await Promise.all([ticksOn(a), ticksOn(b)])
  const before = ticks(a)
  server = await startServer()
  // The line, and so the token, is the same as before.
  expect(server.out()).toContain(line)
  await shell.until(ask('get nodes --no-headers'), (out) => (out.match(/ Ready /g) ?? []).length === 2, 60_000)
  await shell.until(ask('get pods --no-headers'), (out) => running(out, 2), 60_000)
  await ticksOn(a)
  expect(ticks(a)).toBeGreaterThan(before)
  for (const name of ['a', 'b']) expect((await podOn(name)).status.containerStatuses[0]!.restartCount).toBe(0)
}, 120_000)

test('a machine that is cut off goes NotReady and is tainted; its daemon pod stays and goes on, and is ready when the cable is back', async () => {
  const before = await podOn('b')
  b.host.unplug()
  await expect.poll(() => nodeStatus('b'), { timeout: 90_000, interval: 1000 }).toBe('Unknown')
  await expect
    .poll(
      async () =>
        (await json('get node b')).spec.taints
          ?.map(({ key, effect }: { key: string; effect: string }) => `${key}:${effect}`)
          .sort(),
      {
        timeout: 20_000,
      },
    )
    .toEqual(['node.kubernetes.io/unreachable:NoExecute', 'node.kubernetes.io/unreachable:NoSchedule'])
  await expect.poll(async () => (await json('get ds collector')).status.numberReady, { timeout: 20_000 }).toBe(1)
  const cut = await podOn('b')
  expect([cut.metadata.uid, cut.status.phase]).toEqual([before.metadata.uid, 'Running'])
  expect((await shell.run(ask(`logs ${cut.metadata.name}`), { timeoutMs: 20_000 })).err).toContain(
    'kubelet of node "b" cannot be reached',
  )
  await ticksOn(b)
  b.host.plugIn()
  await expect.poll(() => nodeStatus('b'), { timeout: 60_000, interval: 500 }).toBe('True')
  await expect.poll(async () => (await json('get node b')).spec.taints ?? [], { timeout: 20_000 }).toEqual([])
  await expect.poll(async () => (await json('get ds collector')).status.numberReady, { timeout: 30_000 }).toBe(2)
  const healed = await podOn('b')
  expect(healed.status.containerStatuses[0]).toMatchObject({
    containerID: before.status.containerStatuses[0]!.containerID,
    restartCount: 0,
  })
}, 240_000)

test('an agent that is killed and started again finds its pod again', async () => {
  const before = await podOn('a')
  a.agent.signal('SIGKILL')
  await a.agent.exited
  await ticksOn(a)
  a.agent = startAgent(a.host, 'a', false)
  await a.agent.saw(/^node a /m, 60_000)
  await expect.poll(() => nodeStatus('a')).toBe('True')
  await ticksOn(a)
  expect((await podOn('a')).status.containerStatuses[0]).toMatchObject({
    containerID: before.status.containerStatuses[0]!.containerID,
    restartCount: 0,
  })
}, 90_000)

test('a machine that loses its power comes back as the same node, with the same pod started again', async () => {
  const before = await podOn('a')
  a.host.killAll()
  await a.agent.exited
  await expect.poll(() => a.host.processes()).toEqual([])
  a.agent = startAgent(a.host, 'a', false)
  await a.agent.saw(/^node a /m, 60_000)
  await expect
    .poll(async () => (await podOn('a')).status.containerStatuses[0]!.restartCount, { timeout: 60_000 })
    .toBeGreaterThan(0)
  await shell.until(ask('get pods --no-headers'), (out) => running(out, 2), 60_000)
  await ticksOn(a)
  const after = await podOn('a')
  expect(after.metadata.uid).toBe(before.metadata.uid)
  expect(after.status.containerStatuses[0]!.containerID).not.toBe(before.status.containerStatuses[0]!.containerID)
}, 150_000)

test('a machine that leaves takes its pod with it, and nothing of it stays behind', async () => {
  await shell.ok(ask('delete ds collector'))
  await shell.until(ask('get pods --no-headers'), (out) => out.trim() === '' || /No resources/.test(out), 60_000)
  b.agent.signal('SIGTERM')
  expect(await b.agent.exited).toBe(0)
  await shell.ok(ask('delete node b'))
  await new Promise((resolve) => setTimeout(resolve, 2000))
  expect(await shell.ok(ask('get nodes --no-headers'))).not.toMatch(/^b /m)
  expect(b.host.processes().filter((command) => !command.includes('containerd -c'))).toEqual([])
  a.agent.signal('SIGTERM')
  expect(await a.agent.exited).toBe(0)
}, 120_000)
