// How everynode ends, wanted or not: Ctrl-C at any moment, twice, SIGKILL, a disk that is full. What was acknowledged is
// there afterwards, no pod was restarted, and no lock, temporary file or process is left behind.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { kubectl, needsKubectl, openCluster, openShell, type Shell } from './shell.ts'

let shell: Shell
afterEach(() => shell?.close())

/** Everything that is made for the time of a run or of a write only. */
function leftovers(home: string): string[] {
  const names = readdirSync(home, { recursive: true }).map(String)
  return names.filter((name) => /\.tmp$|\.lock$|(^|\/)lock(\.|$)/.test(name) && !name.endsWith('lock.mdb'))
}

/** Its data serves another cluster, and can be taken away. */
async function expectAllWell(home: string): Promise<void> {
  if (existsSync(join(home, 'data'))) {
    const next = shell.start('everynode up')
    await next.saw(/^next /m)
    expect(await shell.ok('everynode get nodes -o name')).toMatch(/^node\/node-1\n/)
    next.signal('SIGINT')
    expect(await next.exited).toBe(0)
  }
  expect(leftovers(home)).toEqual([])
  await shell.ok('everynode down --purge')
}

describe('Ctrl-C while it starts', () => {
  const moments = [50, 150, 250, 350, 450, 550, 700, 900, 1200, 2000]
  test.each(moments)('after %i ms', { timeout: 60_000 }, async (ms) => {
    shell = openShell()
    const up = shell.start('everynode up --nodes 50 -f examples/fluentd.yaml')
    await new Promise((resolve) => setTimeout(resolve, ms))
    const asked = Date.now()
    up.signal('SIGINT')
    // Before there is anything to put away, the signal alone ends it.
    const code = await up.exited
    expect([0, 124, 128, 130]).toContain(code)
    expect(Date.now() - asked).toBeLessThan(5_000)
    expect(up.err()).toBe('')
    expect(leftovers(shell.home)).toEqual([])
    await expectAllWell(shell.home)
  })

  test('twice', { timeout: 60_000 }, async () => {
    shell = openShell()
    const up = shell.start('everynode up --nodes 300 -f examples/fluentd.yaml')
    await up.saw(/^applied/m)
    up.signal('SIGINT')
    await new Promise((resolve) => setTimeout(resolve, 400))
    up.signal('SIGINT')
    const asked = Date.now()
    expect([0, 124, 130]).toContain(await up.exited)
    expect(Date.now() - asked).toBeLessThan(5_000)
    expect(leftovers(shell.home)).toEqual([])
    await expectAllWell(shell.home)
  })
})

describe('an error that nothing caught', () => {
  const what = {
    exception: "throw new Error('boom\\nand more')",
    rejection: "Promise.reject(new Error('boom\\nand more'))",
  }
  test.each([
    ['up', 'exception'],
    ['up', 'rejection'],
    ['server', 'exception'],
  ] as const)(
    '%s, %s: a terminal that works, one line, the details in the log, no lock',
    { timeout: 60_000 },
    async (command, kind) => {
      shell = openShell()
      const preload = join(shell.home, 'tools', 'preload.mjs')
      writeFileSync(
        preload,
        `if (process.argv[2] === 'up') process.stdout.isTTY = true
      process.on('SIGUSR2', () => { ${what[kind]} })`,
      )
      const running = shell.start(`env NODE_OPTIONS='--import=${preload}' everynode ${command}`)
      await running.saw(command === 'up' ? /next/ : /is ready/)
      // The program around ours passes this signal on to nobody.
      const { pid } = JSON.parse(readFileSync(join(shell.home, 'data', 'store', 'lock'), 'utf8'))
      process.kill(pid, 'SIGUSR2')
      expect(await running.exited).toBe(1)
      const log = join(shell.home, 'data', 'everynode.log')
      const line = 'error: this is a bug in everynode: boom'
      if (command === 'up') {
        expect(running.err()).toBe(`${line}; details are in ${log}\n`)
        // The cursor was hidden, and is there again.
        expect(running.out().match(/\[\?25[lh]/g)).toEqual(['[?25l', '[?25h'])
      } else {
        expect(running.err()).toContain(`\n${line}\n`)
      }
      const details = (command === 'up' ? readFileSync(log, 'utf8') : running.err()).split('\n')
      const uncaught = details.filter((text) => text.includes('"event":"uncaught"'))
      expect(uncaught).toHaveLength(1)
      expect(uncaught[0]).toContain('boom\\nand more\\n    at ')
      await expectAllWell(shell.home)
    },
  )
})

describe('Ctrl-C at a command that goes on', () => {
  beforeEach(async () => {
    shell = await openCluster('--nodes 2 -f examples/daemons/node-metrics.yaml')
  })

  test.each([
    ['everynode get pods -w', /^NAME/m],
    ['everynode get pods -w -o name', /^pod\//m],
    ['everynode logs -f ds/node-metrics', /simulated/],
    ['everynode rollout status ds/node-metrics', /^Waiting/m],
    ['everynode delete pods --all', /^pod "/m],
  ])('%s', { timeout: 60_000 }, async (line, begun) => {
    if (line.includes('rollout')) await shell.ok('everynode rollout restart ds/node-metrics')
    if (line.includes('delete')) {
      await shell.until('everynode get pods --no-headers', (out) => /Running/.test(out))
    }
    const running = shell.start(line)
    await running.saw(begun)
    running.signal('SIGINT')
    const asked = Date.now()
    expect([0, 124, 128, 130]).toContain(await running.exited)
    expect(Date.now() - asked).toBeLessThan(5_000)
    expect(running.err().replace(/^(Found|Defaulted) .*\n/gm, '')).toBe('')
  })
})

describe('the end of a cluster that runs', () => {
  beforeEach(needsKubectl)

  const pods =
    'kubectl get pods -A -o jsonpath=\'{range .items[*]}{.metadata.uid} {.status.containerStatuses[0].restartCount} {.status.startTime} {.metadata.resourceVersion}{"\\n"}{end}\' | sort'
  test.each(['SIGKILL', 'SIGTERM', 'SIGHUP'] as const)('%s: the next start finds every pod as it was', {
    timeout: 120_000,
  }, async (signal) => {
    if (kubectl === undefined) return
    const cluster = await openCluster('--nodes 5 -f examples/fluentd.yaml')
    shell = cluster
    await shell.ok('kubectl create configmap last --from-literal=a=b')
    const before = await shell.ok(pods)
    expect(before.trim().split('\n')).toHaveLength(5)
    cluster.up.signal(signal)
    await cluster.up.exited
    const again = shell.start('everynode up')
    await again.saw(/^next /m)
    expect(await shell.ok(pods)).toBe(before)
    expect(await shell.ok('kubectl get configmap last -o jsonpath={.data.a}')).toBe('b')
    expect(await shell.ok('kubectl rollout status ds/fluentd 2>&1 || true')).toMatch(/OnDelete|rollout|RollingUpdate/)
    again.signal('SIGINT')
    await again.exited
    expect(leftovers(shell.home)).toEqual([])
  })

  test('a full disk: reads go on, writes are refused, what was answered is there after the next start', {
    timeout: 120_000,
  }, async () => {
    shell = openShell()
    const first = shell.start('everynode up --nodes 2')
    await first.saw(/^next /m)
    first.signal('SIGINT')
    await first.exited
    const data = join(shell.home, 'data', 'store', 'data.mdb')
    // The end lies in the middle of a page of lmdb's, so that the last write is a short one. Where it lies between two,
    // lmdb 3.5.6 writes its error message beyond its buffer (mdb.c, mdb_page_flush) and may end or hang the process.
    const kilobytes = Math.ceil(statSync(data).size / 4096) * 4 + 256 + 2
    const full = shell.start(`bash -c 'ulimit -f ${kilobytes}; exec everynode up'`)
    await full.saw(/^next /m)
    const acknowledged: string[] = []
    let refusal = ''
    for (let number = 1; number <= 40 && refusal === ''; number++) {
      const text = Array.from({ length: 3000 }, (_, at) => ((at * 7919 * number) % 104729).toString(36)).join('')
      const body = JSON.stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `c${number}` },
        data: { text },
      })
      const { code, err } = await shell.run('kubectl create --request-timeout=10s -f -', { input: body })
      if (code === 0) acknowledged.push(`configmap/c${number}`)
      else refusal = err
    }
    expect(refusal).toMatch(/^Error from server \(ServiceUnavailable\): .*the store takes no more writes/)
    expect(acknowledged.length).toBeGreaterThan(0)
    const kept = (out: string) =>
      out
        .split('\n')
        .filter((name) => /\/c\d/.test(name))
        .sort()
    expect(kept(await shell.ok('kubectl get configmaps -o name'))).toEqual([...acknowledged].sort())
    await full.saw(/^trouble +the store takes no more writes: .* make room on the disk, start again\.$/m)
    full.signal('SIGINT')
    expect(await full.exited).toBe(0)

    const again = shell.start('everynode up')
    await again.saw(/^next /m)
    expect(kept(await shell.ok('kubectl get configmaps -o name'))).toEqual([...acknowledged].sort())
    await shell.ok('kubectl create configmap more')
    again.signal('SIGINT')
    await again.exited
    expect(leftovers(shell.home)).toEqual([])
    expect(readFileSync(join(shell.home, 'data', 'everynode.log'), 'utf8')).toContain('store unavailable')
  })
})
