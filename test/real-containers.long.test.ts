// Examples on real containers: a server and an agent as a person starts them, containerd below, kubectl above. What is
// collected and measured is looked at.
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { busybox, noContainerd, programPath, startContainerd, type TestContainerd } from './containerd.ts'
import { needsKubectl, openShell, type Shell } from './shell.ts'

const why = noContainerd()
let containerd: TestContainerd
let shell: Shell
let root: string

beforeAll(async () => {
  if (why !== undefined) return
  containerd = await startContainerd()
  shell = openShell()
  root = join(shell.home, 'root')
  mkdirSync(join(root, 'var/log'), { recursive: true })
  mkdirSync(join(root, 'var/lib/node-metrics'), { recursive: true })
  const server = shell.start('everynode server --listen 127.0.0.1:0 --log-level warn')
  await server.saw(/^nodes join with: .*\n/m)
  const line = /^nodes join with: (.*)$/m.exec(server.out())![1]!
  const endpoint = `--runtime cri --container-runtime-endpoint unix://${containerd.socketPath}`
  const agent = shell.start(`${line} --data $HOME/agent --node-name alpha --node-root ${root} ${endpoint}`)
  await agent.saw(/^node alpha /m)
}, 60_000)
beforeEach((context) => {
  if (why !== undefined) context.skip(`no containers: ${why}`)
})
afterAll(async () => {
  await shell?.close()
  await containerd?.remove()
}, 60_000)

/** Skips where the example's program is not installed; in CI it must be. */
function needsProgram(name: string, context: { skip: (note: string) => void }): void {
  if (programPath(name) !== undefined) return
  if (process.env.CI === 'true') throw new Error(`${name} is not installed, and CI=true`)
  context.skip(`${name} is not installed`)
}

function importImage(example: string): void {
  const file = join(shell.home, `${example}.tar`)
  execFileSync(process.execPath, [`examples/${example}/build-image.js`, file])
  containerd.importImage(file)
}

test('a node says which container runtime it has', async (context) => {
  needsKubectl(context)
  const out = await shell.until('kubectl get nodes -o wide --no-headers', (text) => /^alpha +Ready /.test(text))
  expect(out).toMatch(/ containerd:\/\/1\./)
})

test('the log collector collects the lines of its node, and those of its pods', async (context) => {
  needsKubectl(context)
  needsProgram('rsyslogd', context)
  importImage('log-collector')
  appendFileSync(join(root, 'var/log/app.log'), 'first line of "alpha"\n')
  await shell.ok('kubectl apply -f examples/log-collector/containers.yaml')
  await shell.ok('kubectl rollout status ds/log-collector --timeout=20s')
  await shell.ok('kubectl apply -f -', speaker)
  appendFileSync(join(root, 'var/log/app.log'), 'second line\n')
  const collected = await shell.until('kubectl logs ds/log-collector', (out) => {
    return out.includes('second line') && out.includes('stdout F hello from a pod')
  })
  const lines = jsonLines(collected)
  const app = lines.filter(({ file }) => file === '/var/log/app.log')
  expect(app).toEqual([
    { node: 'alpha', file: '/var/log/app.log', line: 'first line of "alpha"' },
    { node: 'alpha', file: '/var/log/app.log', line: 'second line' },
  ])
  expect(lines.every(({ file }) => !file.includes('_log-collector-'))).toBe(true)
}, 60_000)

const speaker = `apiVersion: v1
kind: Pod
metadata: {name: speaker}
spec:
  nodeName: alpha
  hostNetwork: true
  containers:
  - name: main
    image: ${busybox}
    command: [sh, -c, 'echo hello from a pod; trap "exit 0" TERM; while true; do sleep 0.1; done']
`

test('a new version of the collector goes on where the old one was', async (context) => {
  needsKubectl(context)
  needsProgram('rsyslogd', context)
  await shell.ok('kubectl set env ds/log-collector VERSION=2')
  await shell.ok('kubectl rollout status ds/log-collector --timeout=30s')
  appendFileSync(join(root, 'var/log/app.log'), 'third line\n')
  const collected = await shell.until('kubectl logs ds/log-collector', (out) => out.includes('third line'))
  expect(collected).not.toContain('second line')
}, 60_000)

test('the node exporter measures the node', async (context) => {
  needsKubectl(context)
  needsProgram('prometheus-node-exporter', context)
  importImage('node-metrics')
  writeFileSync(join(root, 'var/lib/node-metrics/own.prom'), 'everynode_example{of="alpha"} 42\n')
  const port = await freePort()
  const manifest = readFileSync('examples/node-metrics/daemonset.yaml', 'utf8').replaceAll('9100', String(port))
  await shell.ok('kubectl apply -f -', manifest)
  await shell.ok('kubectl rollout status ds/node-metrics --timeout=20s')
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  expect(metrics).toContain('everynode_example{of="alpha"} 42')
  const total = Number(/^node_memory_MemTotal_bytes (\S+)$/m.exec(metrics)?.[1])
  expect(total).toBe(1024 * Number(/^MemTotal: +(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]))
}, 60_000)

test('exec, port-forward and the end of stdin by kubectl', async (context) => {
  needsKubectl(context)
  await shell.until('kubectl get pod speaker --no-headers', (out) => out.includes('1/1'))
  expect(await shell.ok('kubectl exec speaker -- cat /proc/1/comm')).toBe('sh\n')
  expect(await shell.ok('kubectl exec -i speaker -- cat', 'one\ntwo\n')).toBe('one\ntwo\n')
  expect((await shell.run('kubectl exec speaker -- sh -c "exit 7"')).code).toBe(7)
  const echo = createServer((socket) => socket.end('from the node\n'))
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  const { port } = echo.address() as { port: number }
  const forwarding = shell.start(`kubectl port-forward pod/speaker :${port}`)
  await forwarding.saw(/^Forwarding from 127\.0\.0\.1:\d+/m)
  const local = /127\.0\.0\.1:(\d+)/.exec(forwarding.out())![1]
  expect(await shell.ok(`exec 3<>/dev/tcp/127.0.0.1/${local}; cat <&3`)).toBe('from the node\n')
  forwarding.signal('SIGTERM')
  echo.close()
}, 30_000)

test('what is deleted leaves nothing behind', async (context) => {
  needsKubectl(context)
  await shell.ok('kubectl delete ds,pod --all --wait=false')
  await shell.until('kubectl get pods --no-headers 2>&1', (out) => out.includes('No resources found'), 40_000)
  await expect.poll(() => containerd.processes(), { timeout: 20_000 }).toEqual([])
}, 60_000)

/** Without what the program says of itself. */
function jsonLines(text: string): { node: string; file: string; line: string }[] {
  const lines = text.split('\n').filter((line) => line.startsWith('{'))
  return lines.map((line) => JSON.parse(line))
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
