// `everynode rollout pause` and `resume`, typed by a person, on a cluster of three nodes.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { needsKubectl, openShell, type Shell } from './shell.ts'

let shell: Shell
beforeAll(async () => {
  shell = openShell()
  const up = shell.start('everynode up --nodes 3')
  await up.saw(/3 nodes|Ready|ready/, 60_000)
})
afterAll(() => shell?.close())

const manifest = (image: string) => `
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: logger, namespace: default }
spec:
  selector: { matchLabels: { app: logger } }
  template:
    metadata: { labels: { app: logger } }
    spec: { containers: [{ name: c, image: "${image}" }] }
`

test('B14 R10.12 an update is paused, says so, and goes on', async () => {
  await shell.ok('everynode apply -f -', manifest('logger:1'))
  await shell.ok('everynode rollout status ds/logger --timeout 30s')
  expect(await shell.ok('everynode rollout pause ds/logger')).toBe('daemonset.apps/logger paused\n')
  expect(await shell.run('everynode rollout pause ds/logger')).toMatchObject({
    code: 1,
    err: expect.stringContaining('daemonsets.apps "logger" is already paused'),
  })
  await shell.ok('everynode apply -f -', manifest('logger:2'))
  const paused =
    'Waiting for daemon set "logger" rollout to finish: it is paused, 0 out of 3 new pods have been updated...\n'
  await shell.until('everynode rollout status ds/logger --watch=false', (out) => out === paused)
  expect(await shell.ok('everynode rollout resume ds/logger')).toBe('daemonset.apps/logger resumed\n')
  expect(await shell.run('everynode rollout resume ds/logger')).toMatchObject({
    code: 1,
    err: expect.stringContaining('daemonsets.apps "logger" is not paused'),
  })
  const status = await shell.ok('everynode rollout status ds/logger --timeout 60s')
  expect(status).toContain('daemon set "logger" successfully rolled out')
})

test('R10.12 kubectl cannot pause a DaemonSet, and says so', async (context) => {
  needsKubectl(context)
  const { code, err } = await shell.run('kubectl rollout pause ds/logger')
  expect([code, err]).toEqual([1, 'error: daemonsets.apps "logger" pausing is not supported\n'])
})

test('R10.14 kubectl drain asks what to do with the pods of DaemonSets, and leaves them where they are', async (context) => {
  needsKubectl(context)
  const asked = await shell.run('kubectl drain node-1 --timeout=10s')
  expect(asked.code).toBe(1)
  expect(asked.err).toContain('DaemonSet-managed Pods (use --ignore-daemonsets to ignore)')
  const drained = await shell.run('kubectl drain node-1 --ignore-daemonsets --timeout=10s')
  expect([drained.code, drained.out]).toEqual([0, expect.stringContaining('node/node-1 drained')])
  const onNode = '--field-selector spec.nodeName=node-1 -o name'
  expect((await shell.ok(`kubectl get pods -l app=logger ${onNode}`)).trim().split('\n')).toHaveLength(1)
})
