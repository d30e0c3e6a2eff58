// ST1 in a process of its own, which is killed: what it was promised must be there afterwards, and nothing out of order.

import { spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openLmdbStore } from './lmdb.ts'
import type { Store } from './store.ts'

const child = fileURLToPath(new URL('./durability-child.ts', import.meta.url))
const nodeArguments = ['--import', 'tsx', child]

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'everynode-durability-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

interface Said {
  readonly decided: readonly { readonly revision: number; readonly key: string; readonly value: string }[]
  readonly acknowledged: readonly number[]
}

/** Runs the child until it ends, or until `killAfterMs` after its first acknowledgement. */
function run(words: readonly string[], killAfterMs?: number): Promise<{ said: Said; signal: string | null }> {
  // Into a file: a pipe that is full would hold the child up.
  const output = join(directory, 'said')
  const stdout = openSync(output, 'w')
  const arguments_ = [...nodeArguments, join(directory, 'store'), ...words]
  const started = spawn(process.execPath, arguments_, { stdio: ['ignore', stdout, 'pipe'] })
  closeSync(stdout)
  let complaints = ''
  started.stderr?.on('data', (chunk: Buffer) => {
    complaints += chunk.toString()
  })
  const poll = setInterval(() => {
    if (killAfterMs === undefined || !readFileSync(output, 'utf8').includes('acknowledged')) return
    clearInterval(poll)
    setTimeout(() => started.kill('SIGKILL'), killAfterMs)
  }, 5)
  return new Promise((resolve, reject) => {
    started.on('close', (code, signal) => {
      clearInterval(poll)
      if (code !== 0 && signal !== 'SIGKILL') reject(new Error(`the child ended with ${code ?? signal}: ${complaints}`))
      else resolve({ said: heard(readFileSync(output, 'utf8')), signal })
    })
  })
}

/** What the child left. */
const reopened = () => openLmdbStore({ directory: join(directory, 'store') })

function heard(output: string): Said {
  const lines = output
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(' '))
  return {
    decided: lines
      .filter(([word]) => word === 'decided')
      .map(([, revision, key = '', value = '']) => ({ revision: Number(revision), key, value })),
    acknowledged: lines.filter(([word]) => word === 'acknowledged').map(([, revision]) => Number(revision)),
  }
}

/** What is wrong with the store after all this was said; undefined when nothing is. */
function complaint(store: Store, { decided, acknowledged }: Said): string | undefined {
  const listing = store.list('pods')
  if (listing === 'compacted') return 'the newest listing is compacted'
  const found = JSON.stringify(listing.records.map((record) => [record.key, record.revision, text(record.bytes)]))
  const state = new Map<string, [string, number, string]>()
  const promised = Math.max(1, ...acknowledged)
  let fits = promised === 1 && found === '[]'
  for (const { revision, key, value } of decided) {
    if (value === 'gone') state.delete(key)
    else state.set(key, [key, revision, value])
    if (revision < promised || fits) continue
    fits = JSON.stringify([...state.values()].sort(([a], [b]) => (a < b ? -1 : 1))) === found
  }
  if (!fits) return `no state from revision ${promised} on is what was found: ${found.slice(0, 200)}`
  if (store.revision < promised) return `the store is at ${store.revision}, ${promised} was given`
  return undefined
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()

describe('lmdb: killed', () => {
  test.each([
    20, 70, 150,
  ])('ST1 after SIGKILL, %d ms into its work, all that was promised is there, in order', async (ms) => {
    const { said, signal } = await run(['8', '1000000'], ms)
    expect([signal, said.acknowledged.length > 0]).toEqual(['SIGKILL', true])
    const store = await reopened()
    expect(complaint(store, said)).toBeUndefined()
    await store.close()
  })

  // Whether the disk is behind at the moment of the kill is chance: one of several kills must show it.
  test('ST1 the test would see it: a store that promises without waiting for the disk is caught', {
    retry: 8,
  }, async () => {
    const { said } = await run(['1', '1000', 'flushed-not-acknowledged:10', '--no-flush'])
    const store = await reopened()
    expect(complaint(store, said)).toMatch(/^no state from revision/)
    await store.close()
  })

  test.each([
    ['before-commit', 'what was decided last is not there'],
    ['flushed-not-acknowledged', 'what was decided last is there, although nobody was told'],
  ])('ST1 killed %s: %s', async (point) => {
    const { said, signal } = await run(['1', '1000', `${point}:10`])
    expect([signal, said.acknowledged.length]).toEqual(['SIGKILL', 9])
    const store = await reopened()
    expect(complaint(store, said)).toBeUndefined()
    const { key, value, revision } = said.decided.at(-1)!
    const there =
      value === 'gone' ? store.get('pods', key) === undefined : store.get('pods', key)?.revision === revision
    expect(there).toBe(point === 'flushed-not-acknowledged')
    expect(
      (await store.write({ collection: 'pods', key: 'x', expect: 0, encode: () => Buffer.from('v') })).revision,
    ).toBeGreaterThan(revision)
    await store.close()
  })

  test('ST1 killed while it closes: nothing is lost, no revision comes twice', async () => {
    const { said, signal } = await run(['2', '5', 'before-close:1'])
    expect([signal, said.acknowledged.length]).toEqual(['SIGKILL', said.decided.length])
    const store = await reopened()
    expect(complaint(store, said)).toBeUndefined()
    await store.close()
  })
})

const strace = spawnSync('strace', ['-V']).status === 0

describe('lmdb: the calls of the system (needs strace)', () => {
  /** In how many cases the answer was written although no sync had finished since the write was decided. */
  function promisedTooEarly(...words: string[]): { acknowledged: number; tooEarly: number } {
    const trace = join(directory, 'trace')
    const calls = ['-f', '-e', 'trace=write,fdatasync', '-s', '64', '-o', trace]
    const { status, stderr } = spawnSync('strace', [
      ...calls,
      process.execPath,
      ...nodeArguments,
      join(directory, 'store'),
      ...words,
    ])
    if (status !== 0) throw new Error(`the child under strace ended with ${status}: ${stderr}`)
    let synced = false
    let acknowledged = 0
    let tooEarly = 0
    for (const line of readFileSync(trace, 'utf8').split('\n')) {
      if (line.includes('"decided ')) synced = false
      if (/fdatasync.*= 0$/.test(line)) synced = true
      if (!line.includes('"acknowledged ')) continue
      acknowledged++
      if (!synced) tooEarly++
    }
    return { acknowledged, tooEarly }
  }

  test.skipIf(!strace)('ST1 between a write and its answer the disk has synced, each time', () => {
    expect(promisedTooEarly('1', '20')).toEqual({ acknowledged: 59, tooEarly: 0 })
  })

  test.skipIf(!strace)('ST1 the test would see it: without the flush the answers come too early', () => {
    const { acknowledged, tooEarly } = promisedTooEarly('1', '20', '', '--no-flush')
    expect([acknowledged, tooEarly > 30]).toEqual([59, true])
  })
})
