// `everynode controller` as people run it: real processes, real signals, real certificates and tokens, against
// `everynode server` that leaves its own DaemonSet controller out.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Background, needsKubectl, openShell, type Shell } from './shell.ts'

/** Short, so that a hand-over by silence takes three seconds. */
const short = '--leader-elect-lease-duration 3s --leader-elect-renew-deadline 2s --leader-elect-retry-period 500ms'
const works = /works on/

let shell: Shell
let server: Background

async function startServer(flags = "--controllers='*,-daemonset'"): Promise<Background> {
  const started = shell.start(`everynode server ${flags}`)
  await started.saw(/is ready/)
  return started
}

function startController(flags = ''): Background {
  return shell.start(`everynode controller --listen 127.0.0.1:0 ${short} ${flags}`)
}

/** Pods of fluentd, each with its node and whether it was restarted. */
const podsByNode = () => shell.ok('everynode get pods -l app=fluentd --no-headers -o wide')
const leader = async () =>
  /holderIdentity: (\S+)/.exec(await shell.ok('everynode get lease everynode-controller -n kube-system -o yaml'))?.[1]

async function runsOn(nodes: number): Promise<void> {
  await shell.until(
    'everynode get pods -l app=fluentd --no-headers',
    (out) => out.split('\n').filter((line) => /Running/.test(line)).length === nodes,
  )
}

beforeEach(async () => {
  shell = openShell()
  server = await startServer()
})
afterEach(() => shell.close())

describe('two controllers and one lease', () => {
  let first: Background
  let second: Background
  beforeEach(async () => {
    await shell.ok('everynode node add --count 3')
    first = startController()
    await first.saw(works)
    second = startController()
    await shell.ok('everynode apply -f examples/fluentd.yaml')
    await runsOn(3)
  })

  test('without a controller nothing would run: the server leaves its own out', { timeout: 60_000 }, async () => {
    first.signal('SIGTERM')
    second.signal('SIGTERM')
    expect(await first.exited).toBe(0)
    expect(await second.exited).toBe(0)
    await shell.ok('everynode node add --count 1')
    await new Promise((resolve) => setTimeout(resolve, 1500))
    await runsOn(3)
    startController()
    await runsOn(4)
  })

  test('SIGTERM hands over at once, and restarts no pod', { timeout: 60_000 }, async () => {
    const before = await podsByNode()
    const holder = await leader()
    first.signal('SIGTERM')
    const asked = Date.now()
    await second.saw(works)
    // The end of the lease would be three seconds away.
    expect(Date.now() - asked).toBeLessThan(2_500)
    expect(await first.exited).toBe(0)
    expect(await leader()).not.toBe(holder)
    await shell.ok('everynode node add --count 1')
    await runsOn(4)
    for (const line of before.trim().split('\n')) expect(await podsByNode()).toContain(line.split(' ')[0])
  })

  test('SIGKILL: the second leads when the lease has ended, not before', { timeout: 60_000 }, async () => {
    first.signal('SIGKILL')
    const killed = Date.now()
    await shell.ok('everynode node add --count 1')
    await second.saw(works)
    expect(Date.now() - killed).toBeGreaterThan(1_900)
    expect(Date.now() - killed).toBeLessThan(15_000)
    await runsOn(4)
  })

  test('a leader that was stopped for a while finds that it leads no more, and ends', { timeout: 60_000 }, async () => {
    first.signal('SIGSTOP')
    await second.saw(works)
    await shell.ok('everynode node add --count 1')
    await runsOn(4)
    first.signal('SIGCONT')
    expect(await first.exited).toBe(1)
    expect(first.err()).toMatch(/error: leader election lost/)
    await runsOn(4)
  })

  test('the server is killed and comes back: both go on, new nodes get their pods', { timeout: 90_000 }, async () => {
    server.signal('SIGKILL')
    await server.exited
    await new Promise((resolve) => setTimeout(resolve, 500))
    server = await startServer()
    await shell.ok('everynode node add --count 1')
    await runsOn(4)
    expect(await leader()).toBeDefined()
  })
})

test('health, readiness and metrics: of the one that leads and of the one that waits', {
  timeout: 60_000,
}, async () => {
  const first = shell.start(`everynode controller --listen 127.0.0.1:0 ${short}`)
  await first.saw(works)
  const second = startController()
  const address = async (of: Background) => {
    await expect.poll(() => /"health":"([^"]+)"/.exec(of.err())?.[1], { timeout: 10_000 }).toBeDefined()
    return `http://${/"health":"([^"]+)"/.exec(of.err())![1]}`
  }
  const [leads, waits] = [await address(first), await address(second)]
  const get = async (url: string) => {
    const response = await fetch(url)
    return `${response.status} ${await response.text()}`
  }
  expect(await get(`${leads}/healthz`)).toBe('200 ok')
  expect(await get(`${leads}/readyz`)).toBe('200 ok')
  await expect.poll(() => get(`${waits}/readyz`), { timeout: 10_000 }).toBe('200 ok')
  expect(await get(`${leads}/metrics`)).toMatch(/leader_election_master_status\{name="everynode-controller"\} 1/)
  expect(await get(`${waits}/metrics`)).toMatch(/leader_election_master_status\{name="everynode-controller"\} 0/)
  expect(await get(`${leads}/metrics`)).toMatch(
    /rest_client_requests_total\{code="200",method="GET",host="127.0.0.1:\d+"\} \d/,
  )
  expect(await get(`${leads}/secret`)).toMatch(/^404/)
})

describe('refused in one line', () => {
  const oneLine = async (line: string) => {
    const { code, err } = await shell.run(`everynode controller --listen 127.0.0.1:0 ${line}`)
    expect(code).toBe(1)
    return err
      .split('\n')
      .filter((text) => text !== '' && !text.startsWith('{'))
      .join('\n')
  }

  test('no server there', { timeout: 60_000 }, async () => {
    server.signal('SIGTERM')
    await server.exited
    expect(await oneLine('')).toMatch(/^The connection to the server 127.0.0.1:\d+ was refused - did you .*$/)
  })

  test('no kubeconfig, an unknown context, times that cannot work', { timeout: 60_000 }, async () => {
    expect(await oneLine('--kubeconfig /nowhere')).toBe('error: kubeconfig /nowhere: no such file')
    expect(await oneLine('--context nope')).toMatch(/^error: .*context "nope" does not exist$/)
    expect(await oneLine('--leader-elect-renew-deadline 20s')).toMatch(
      /^error: leader election: the lease must be longer/,
    )
  })

  test('a service account without a role, by an exec plugin: all it may not do is named', {
    timeout: 60_000,
  }, async () => {
    await shell.ok('everynode apply -f -', 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: nobody}\n')
    const token = await tokenOf('nobody')
    // A kubeconfig whose user asks a program, as those of the clouds do.
    const plugin = join(shell.home, 'plugin.sh')
    const answer = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token } }
    writeFileSync(plugin, `#!/bin/sh\necho '${JSON.stringify(answer)}'\n`, { mode: 0o755 })
    const kubeconfig = await shell.ok('cat "$KUBECONFIG"')
    const exec = `exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin.sh, interactiveMode: Never}`
    writeFileSync(
      join(shell.home, 'exec.yaml'),
      kubeconfig.replace(/client-certificate-data:.*\n\s*client-key-data:.*/, exec),
    )
    const said = await oneLine(`--kubeconfig ${shell.home}/exec.yaml`)
    expect(said).toMatch(
      /^error: on https:\/\/127.0.0.1:\d+ these credentials do not allow to list nodes, watch nodes, create pods, .*$/,
    )
    expect(said).toContain('update daemonsets.apps/status')
    expect(said).toContain('update leases.coordination.k8s.io in kube-system; `kubectl apply -k deploy` installs')
  })

  test('a port that is taken', { timeout: 60_000 }, async () => {
    const port = /127.0.0.1:(\d+) is ready/.exec(server.out())![1]
    expect(await oneLine(`--listen 127.0.0.1:${port}`)).toBe(
      `error: listen on 127.0.0.1:${port}: the port is taken; choose another with --listen`,
    )
  })
})

test('as deploy/ installs it: with the token of its service account, and its role alone', {
  timeout: 90_000,
}, async (context) => {
  needsKubectl(context)
  await shell.ok('kubectl apply -k deploy/rbac')
  const kubeconfig = await shell.ok('cat "$KUBECONFIG"')
  writeFileSync(join(shell.home, 'token'), await tokenOf('everynode-controller', 'kube-system'))
  writeFileSync(
    join(shell.home, 'installed.yaml'),
    kubeconfig.replace(/client-certificate-data:.*\n\s*client-key-data:.*/, 'tokenFile: token'),
  )
  const controller = startController(`--kubeconfig ${shell.home}/installed.yaml`)
  await controller.saw(works)
  await shell.ok('everynode node add --count 3')
  await shell.ok('everynode apply -f examples/fluentd.yaml')
  await runsOn(3)
  expect(controller.err()).not.toMatch(/forbidden/)
  const deployment = await shell.ok('kubectl kustomize deploy')
  expect(deployment).toMatch(/image: everynode:\d+\.\d+\.\d+\n/)
  expect(deployment).toMatch(/serviceAccountName: everynode-controller/)
})

/** A token of a service account. */
async function tokenOf(name: string, namespace = 'default'): Promise<string> {
  const { findConnection } = await import('../src/cli/connect.ts')
  const { httpSend } = await import('../src/client/http.ts')
  const { createClient } = await import('../src/client/client.ts')
  const http = httpSend(findConnection({ kubeconfig: join(shell.home, 'kubeconfig') }, {}))
  try {
    const { text } = await createClient({ send: http.send, userAgent: 'test' }).raw({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }),
    })
    return JSON.parse(text).status.token
  } finally {
    await http.close()
  }
}
