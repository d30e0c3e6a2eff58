// Pods that are really run on the nodes of one process: the log collector of examples/ reads its own node's /var/log,
// outlives a crash of the cluster and nothing else.
import { existsSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Background, needsKubectl, openShell, type Shell } from './shell.ts'

const manifests = '-f examples/fluentd.yaml -f examples/log-collector/process.yaml'

let shell: Shell
beforeEach(needsKubectl)
afterEach(() => shell?.close())

async function begin(): Promise<Background> {
  shell = openShell()
  const up = shell.start(`everynode up ${manifests}`)
  await up.saw(/^default\/log-collector +runs on 3 of 3 nodes/m)
  return up
}

const podOn = (node: string) =>
  `$(kubectl get pods -l app=log-collector --field-selector spec.nodeName=${node} -o name)`

/** Processes of this test's containers: what they follow lies below their own node's root, which is in this home. */
async function processes(): Promise<string[]> {
  const pattern = `${shell.home}/data`
  const { out } = await shell.run(`pgrep -af '${pattern}' | grep -v 'pgrep\\|bin/everynode.js up'; true`)
  return out.split('\n').filter((line) => line !== '' && !line.includes('grep -v'))
}

/** `pod restarts containerID`, a line a pod. */
const runs = () =>
  shell.ok(
    `kubectl get pods -l app=log-collector -o jsonpath='{range .items[*]}{.metadata.name} {.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].containerID}{"\\n"}{end}' | sort`,
  )

test('each collects the lines of its own node, also those that come later', { timeout: 90_000 }, async () => {
  await begin()
  for (const node of ['node-1', 'node-2', 'node-3']) {
    const lines = await shell.until(`kubectl logs ${podOn(node)}`, (out) => out.includes('kubelet.log'))
    expect(lines.split('\n').filter((line) => line !== '' && !line.startsWith(`${node} `))).toEqual([])
    expect(lines).toContain('reason="Started" message="Container started"')
  }
  const marker = 'somebody was here'
  await shell.ok(`echo "${marker}" >> $EVERYNODE_DATA/nodes/node-2/var/log/visits.log`)
  await shell.until(`kubectl logs ${podOn('node-2')}`, (out) => out.includes(`node-2 visits.log: ${marker}\n`))
  expect(await shell.ok(`kubectl logs ${podOn('node-1')}`)).not.toContain(marker)
  // It has the node's /var/log, and only to read.
  const inside = await shell.run(
    `kubectl exec ${podOn('node-2')} -- sh -c 'cat /var/log/visits.log; echo no > /var/log/x.log'`,
  )
  expect([inside.out, inside.code]).toEqual([`${marker}\n`, expect.any(Number)])
  expect(inside.code).not.toBe(0)
  expect(existsSync(`${shell.home}/data/nodes/node-2/var/log/x.log`)).toBe(false)
})

test('Ctrl-C ends them all; the next start runs them again, and counts', { timeout: 90_000 }, async () => {
  const up = await begin()
  expect((await processes()).length).toBeGreaterThan(0)
  up.signal('SIGINT')
  expect(await up.exited).toBe(0)
  await expect.poll(processes, { timeout: 10_000 }).toEqual([])
  const next = shell.start('everynode up')
  await next.saw(/^default\/log-collector +runs on 3 of 3 nodes/m)
  await shell.until(`kubectl logs ${podOn('node-1')}`, (out) => out.includes('kubelet.log'))
  next.signal('SIGINT')
  expect(await next.exited).toBe(0)
  await shell.ok('everynode down --purge')
  expect(existsSync(`${shell.home}/data`)).toBe(false)
})

test('they outlive a crash of the cluster: found again, nothing runs twice', { timeout: 90_000 }, async () => {
  const up = await begin()
  const before = await runs()
  up.signal('SIGKILL')
  await up.exited
  expect((await processes()).length).toBeGreaterThan(0)
  const next = shell.start('everynode up')
  await next.saw(/^default\/log-collector +runs on 3 of 3 nodes/m)
  expect(await runs()).toBe(before)
  next.signal('SIGINT')
  expect(await next.exited).toBe(0)
  await expect.poll(processes, { timeout: 10_000 }).toEqual([])
})

test('`down` ends what a crash has left, and takes everything away', { timeout: 90_000 }, async () => {
  const up = await begin()
  up.signal('SIGKILL')
  await up.exited
  expect((await processes()).length).toBeGreaterThan(0)
  await shell.ok('everynode down --purge')
  await expect.poll(processes, { timeout: 10_000 }).toEqual([])
  expect(existsSync(`${shell.home}/data`)).toBe(false)
})
