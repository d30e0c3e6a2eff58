// exec, attach and port-forward under every kubectl of this machine: a session of them, then what a session cannot say.
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { asKubectl, judges } from './kubectls.ts'
import { parseSession, runStep } from './session-steps.ts'
import { type Background, openCluster, type Shell } from './shell.ts'

const steps = parseSession(readFileSync(new URL('./kubectl-versions/streaming.txt', import.meta.url), 'utf8'))
const present = judges.filter(({ path }) => path !== undefined)

let shell: Shell
beforeAll(async () => {
  if (present.length > 0) shell = await openCluster('--nodes 1')
})
afterAll(() => shell?.close())

describe.each(judges)('kubectl $name', ({ name, path }) => {
  beforeEach((context) => {
    if (path === undefined) context.skip('not on this machine: neither on PATH, beside it, nor in the cache')
  })
  // Also for what `script` starts.
  const before = `${asKubectl(path)}export -f kubectl; export SHELL=/bin/bash\n`
  const minor = Number(name.split('.')[1])

  test.each(steps)('line $line: $about: $command', { timeout: 60_000 }, (step) => runStep(shell, step, before))

  test.runIf(minor >= 31)('W12.5 W12.7 a WebSocket is what it wanted, and what it got', async () => {
    const said = await shell.run(`${before}kubectl -v=4 exec ds/shell -c main -- true 2>&1`)
    expect(said.out).not.toMatch(/fallback/i)
    const forwarding = await forward('-v=4 ds/shell :8080')
    expect(await forwarding.ask('/')).toContain('This is port 8080')
    forwarding.background.signal('SIGINT')
    await forwarding.background.exited
    expect(forwarding.background.err()).not.toMatch(/fallback/i)
  })

  test('W12.7 port-forward: many connections one after the other and at once', async () => {
    const { ask, background } = await forward('ds/shell :8080')
    const page = /^This is port 8080 of container main in pod default\/shell-\w{5} on node node-1\.\n.*GET \/1\n$/s
    expect(await ask('/1')).toMatch(page)
    const paths = Array.from({ length: 30 }, (_, index) => `/many-${index}`)
    expect((await Promise.all(paths.map(ask))).map((text) => /GET (\S+)/.exec(text)?.[1])).toEqual(paths)
    background.signal('SIGINT')
    await background.exited
  })

  test('W12.7 port-forward to where nobody listens: the connection ends, and kubectl says why', async () => {
    const { ask, background } = await forward('ds/shell :99')
    await expect(ask('/')).rejects.toThrow()
    await until('the reason', () => /dial tcp4 127\.0\.0\.1:99: connect: connection refused/.test(background.err()))
    background.signal('SIGINT')
    await background.exited
  })

  test('W12.6 W12.7 when the pod goes, exec ends as killed and port-forward with it', async () => {
    const uid = (await shell.ok(`kubectl get pod -l app=shell -o jsonpath='{.items[0].metadata.uid}'`)).trim()
    const command = shell.start(`"${path}" exec ds/shell -c main -- sleep 100`)
    const { background } = await forward('ds/shell :8080')
    await pause(500)
    await shell.ok('kubectl delete pod -l app=shell --wait=false')
    expect(await command.exited).toBe(137)
    expect(await background.exited).toBe(1)
    expect(background.err()).toContain('lost connection to pod')
    const another = (out: string) => out !== '' && out !== uid
    await shell.until(`kubectl get pod -l app=shell -o jsonpath='{.items[0].metadata.uid}'`, another)
    await shell.ok(`kubectl wait pod -l app=shell --for=condition=Ready --timeout=20s`)
  })

  async function forward(what: string): Promise<{ background: Background; ask: (path: string) => Promise<string> }> {
    const background = shell.start(`"${path}" port-forward ${what}`)
    await background.saw(/Forwarding from 127\.0\.0\.1:\d+/)
    const [, port] = /127\.0\.0\.1:(\d+)/.exec(background.out())!
    return { background, ask: async (at) => (await fetch(`http://127.0.0.1:${port}${at}`)).text() }
  }
})

test.skipIf(present.length === 0)('Ctrl-C ends a server with open sessions, and their clients', async () => {
  const own = await openCluster('--nodes 1', 30_000, false)
  try {
    await own.ok('kubectl apply -f test/kubectl-versions/shell.yaml')
    await own.ok(`kubectl wait ds/shell --for=jsonpath='{.status.numberReady}'=1 --timeout=20s`)
    const clients = [
      own.start('kubectl exec ds/shell -c main -- sleep 100'),
      own.start('kubectl attach ds/shell -c main'),
      own.start('kubectl port-forward ds/shell :8080'),
      // Reads nothing of what is sent, and sends what nobody reads.
      own.start(`bash -c 'cat /dev/zero | kubectl exec -i ds/shell -c main -- sleep 100'`),
      own.start(`bash -c 'cat /dev/zero | kubectl exec -i ds/shell -c main -- cat | sleep 100'`),
    ]
    await clients[2]!.saw(/Forwarding/)
    await pause(3000)
    const began = Date.now()
    own.up.signal('SIGINT')
    expect(await own.up.exited).toBe(0)
    expect(Date.now() - began).toBeLessThan(8000)
    const codes = await Promise.all(clients.slice(0, 3).map(({ exited }) => exited))
    expect(codes.every((code) => code !== 124)).toBe(true)
    for (const client of clients.slice(3)) client.signal('SIGKILL')
  } finally {
    await own.close()
  }
})

async function until(what: string, check: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !check(); await pause(20)) if (Date.now() > end) expect.fail(`never: ${what}`)
}
