// L6: the agent, the real program, is killed at any moment while pods start and stop. Every run of a container is counted; it goes on
// without its agent, and leaves nothing behind. In CI twenty rounds, else three.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { busybox, noContainerd, startContainerd, type TestContainerd, unmountBelow } from '../../../test/containerd.ts'
import { type Background, openShell, type Shell } from '../../../test/shell.ts'
import { seededRandom } from '../../base/random.ts'

const why = noContainerd()
const rounds = process.env.CI === 'true' ? 20 : 3
const podsARound = 5
const random = seededRandom(Number(process.env.EVERYNODE_SEED ?? 5))

let containerd: TestContainerd
let shell: Shell
let agent: Background
let agentLine: string

beforeAll(async () => {
  if (why !== undefined) return
  containerd = await startContainerd()
  shell = openShell()
  mkdirSync(join(shell.home, 'root/var/log/pods'), { recursive: true })
  mkdirSync(join(shell.home, 'root/starts'))
  const server = shell.start('everynode server --listen 127.0.0.1:0 --log-level warn')
  await server.saw(/^nodes join with: .*\n/m)
  const line = /^nodes join with: (.*)$/m.exec(server.out())![1]!
  const runtime = `--runtime cri --container-runtime-endpoint unix://${containerd.socketPath}`
  agentLine = `${line} --data $HOME/agent --node-name alpha --node-root $HOME/root --log-level warn ${runtime}`
  await startAgent()
}, 60_000)
beforeEach((context) => {
  if (why !== undefined) context.skip(`no containers: ${why}`)
})
afterAll(async () => {
  // The agent first, so that nothing is started again; then what pods have mounted, or the directory cannot go.
  agent?.signal('SIGKILL')
  await containerd?.remove()
  if (shell !== undefined) unmountBelow(shell.home)
  await shell?.close()
}, 60_000)

async function startAgent(): Promise<void> {
  agent = shell.start(agentLine)
  await agent.saw(/^node alpha /m, 30_000)
}

async function killedWithin(ms: number): Promise<void> {
  await after(ms * random.float())
  agent.signal('SIGKILL')
  await agent.exited
}

const podOf = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: {
    nodeName: 'alpha',
    hostNetwork: true,
    terminationGracePeriodSeconds: 2,
    containers: [
      {
        name: 'main',
        image: busybox,
        command: ['sh', '-c', `echo started >> /starts/${name}; trap "exit 0" TERM; while true; do sleep 0.2; done`],
        volumeMounts: [
          { name: 'starts', mountPath: '/starts' },
          { name: 'scratch', mountPath: '/scratch' },
        ],
      },
    ],
    volumes: [
      { name: 'starts', hostPath: { path: '/starts' } },
      { name: 'scratch', emptyDir: { medium: 'Memory' } },
    ],
  },
})

for (let round = 0; round < rounds; round++) {
  test(`L6 an agent killed while pods start, and again while they stop: round ${round + 1}`, async () => {
    const names = Array.from({ length: podsARound }, (_, index) => `pod-${round}-${index}`)
    await shell.ok('everynode apply -f -', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: names.map(podOf) }))
    await killedWithin(2500)
    await startAgent()
    const listed = await shell.until('everynode get pods --no-headers', isAll(/ 1\/1 +Running +[01] /), 60_000)
    expect(listed.trim().split('\n')).toHaveLength(podsARound)
    // A start whose caller dies is undone by containerd, if need be by killing what has begun to run: that run ended before
    // the next began, and is counted. None ran that was not.
    for (const name of names) {
      const restarts = Number(new RegExp(`^${name} +1/1 +Running +(\\d+)`, 'm').exec(listed)?.[1])
      const runs = readFileSync(join(shell.home, 'root/starts', name), 'utf8').split('\n').length - 1
      expect(runs).toBeGreaterThanOrEqual(1)
      expect(runs).toBeLessThanOrEqual(restarts + 1)
    }
    // containerd's helpers that start and end a shim are there for a moment, and have its name.
    await expect.poll(() => containerd.processes(), { timeout: 15_000, interval: 200 }).toHaveLength(podsARound)

    await shell.ok(`everynode delete pods ${names.join(' ')} --wait=false`)
    await killedWithin(1500)
    await startAgent()
    await shell.until('everynode get pods --no-headers 2>&1', (out) => out.startsWith('No resources found'), 60_000)
    await expect.poll(() => leftOver(), { timeout: 30_000, interval: 200 }).toEqual([])
  }, 180_000)
}

function isAll(pattern: RegExp): (out: string) => boolean {
  return (out) =>
    out !== '' &&
    out
      .trim()
      .split('\n')
      .every((line) => pattern.test(line))
}

/** Processes, mounts, directories and logs of pods. */
function leftOver(): string[] {
  const { home } = shell
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${home}/`))
  const directories = ['agent/state/pods', 'root/var/log/pods', 'root/var/log/containers']
  return [...containerd.processes(), ...mounts, ...directories.flatMap((path) => readdirSync(join(home, path)))]
}
