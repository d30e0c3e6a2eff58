// A fleet of a thousand nodes in one process: everybody gets their pod, a hundred come and go, and a restart goes on
// where it was.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { kubectl, needsKubectl, openCluster, type Shell } from './shell.ts'

let shell: Shell & { readonly up: Awaited<ReturnType<typeof openCluster>>['up'] }
beforeAll(async () => {
  if (kubectl !== undefined)
    shell = await openCluster('--nodes 1000 -f examples/daemons/log-collector.yaml', 180_000, false)
}, 200_000)
afterAll(() => shell?.close(), 60_000)
beforeEach(needsKubectl)

const ready = `kubectl get ds log-collector -o jsonpath='{.status.numberReady}'`
const uids = `kubectl get pods -l app=log-collector -o jsonpath='{range .items[*]}{.metadata.uid} {.status.containerStatuses[0].restartCount}{"\\n"}{end}' | sort`

test('a thousand nodes, a pod on each', async () => {
  await shell.until(ready, (out) => out === '1000', 120_000)
  const nodes = await shell.ok(
    `kubectl get pods -l app=log-collector -o jsonpath='{range .items[*]}{.spec.nodeName}{"\\n"}{end}' | sort -u | wc -l`,
  )
  expect(Number(nodes)).toBe(1000)
}, 150_000)

test('M11 a hundred nodes join and leave; nothing stays behind', async () => {
  await shell.ok('everynode node add --count 100')
  await shell.until(ready, (out) => out === '1100', 120_000)
  await shell.ok('everynode node remove $(seq -f node-%g 1001 1100)')
  await shell.until(ready, (out) => out === '1000', 120_000)
  await shell.until('kubectl get pods -A --no-headers | wc -l', (out) => Number(out) === 1000, 120_000)
  await shell.until(
    'kubectl get leases -n kube-node-lease --no-headers | wc -l',
    (out) => Number(out) === 1000,
    120_000,
  )
}, 300_000)

test('a template change reaches all of them', async () => {
  await shell.ok('kubectl set image ds/log-collector collector=collector:2')
  await shell.ok('kubectl rollout status ds/log-collector --timeout=170s | tail -1')
  expect(await shell.ok(`kubectl get pods -o jsonpath='{..image}' | tr ' ' '\\n' | sort -u`)).toContain('collector:2')
}, 200_000)

test('M2 the process is killed and started again: no pod is made or restarted', async () => {
  const before = await shell.ok(uids)
  shell.up.signal('SIGKILL')
  await shell.up.exited
  const again = shell.start('everynode up')
  await again.saw(/^next /m, 120_000)
  await shell.until(ready, (out) => out === '1000', 60_000)
  expect(await shell.ok(uids)).toBe(before)
  again.signal('SIGINT')
  expect(await again.exited).toBe(0)
}, 240_000)
