import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { type VolumeFiles, writeAtomically } from './atomic-writer.ts'

let directory: string
const options = { nowMs: Date.UTC(2026, 0, 1) }

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'everynode-atomic-'))
  return () => rm(directory, { recursive: true, force: true })
})

const filesOf = (contents: Readonly<Record<string, string>>, mode = 0o644): VolumeFiles =>
  new Map(Object.entries(contents).map(([path, text]) => [path, { content: Buffer.from(text), mode }]))

/** What a container reads, through the links. */
async function read(): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  async function below(path: string): Promise<void> {
    const place = join(directory, path)
    if ((await stat(place)).isDirectory()) for (const name of await readdir(place)) await below(join(path, name))
    else found[path] = await readFile(place, 'utf8')
  }
  for (const name of await readdir(directory)) if (!name.startsWith('..')) await below(name)
  return found
}

test('names are links through ..data to a directory that bears the time', async () => {
  await writeAtomically(directory, filesOf({ a: '1', 'deep/er/b': '2' }), options)
  expect(await readlink(join(directory, '..data'))).toMatch(/^\.\.2026_01_01_00_00_00\.\w{6}$/)
  expect(await readlink(join(directory, 'a'))).toBe('..data/a')
  expect(await readlink(join(directory, 'deep'))).toBe('..data/deep')
  expect(await read()).toEqual({ a: '1', 'deep/er/b': '2' })
  expect((await stat(join(directory, 'deep/er'))).mode & 0o7777).toBe(0o755)
})

test('the same files are not written again, others replace them all', async () => {
  expect(await writeAtomically(directory, filesOf({ a: '1', gone: 'x' }), options)).toBe(true)
  const first = await readlink(join(directory, '..data'))
  expect(await writeAtomically(directory, filesOf({ a: '1', gone: 'x' }), options)).toBe(false)
  expect(await readlink(join(directory, '..data'))).toBe(first)
  expect(await writeAtomically(directory, filesOf({ a: '2', 'new/b': 'y' }), options)).toBe(true)
  expect(await read()).toEqual({ a: '2', 'new/b': 'y' })
  const left = (await readdir(directory)).filter((name) => name.startsWith('..'))
  expect(left.sort()).toEqual([await readlink(join(directory, '..data')), '..data'].sort())
})

test("modes are the files' own, whatever the umask; for a group of the pod it may read them too", async () => {
  await writeAtomically(directory, filesOf({ key: 'k' }, 0o400), options)
  expect((await stat(join(directory, 'key'))).mode & 0o7777).toBe(0o400)
  await writeAtomically(directory, filesOf({ key: 'l' }, 0o400), { ...options, fsGroup: process.getgid!() })
  expect((await stat(join(directory, 'key'))).mode & 0o7777).toBe(0o440)
})

test('what a crash has left on the way is cleared away', async () => {
  await writeAtomically(directory, filesOf({ a: '1' }), options)
  await mkdir(join(directory, '..2025_12_31_00_00_00.abcdef'))
  await symlink('..2025_12_31_00_00_00.abcdef', join(directory, '..data_tmp'))
  await writeAtomically(directory, filesOf({ a: '2' }), options)
  expect((await readdir(directory)).length).toBe(3)
  await rm(join(directory, await readlink(join(directory, '..data'))), { recursive: true })
  await writeAtomically(directory, filesOf({ a: '3' }), options)
  expect(await read()).toEqual({ a: '3' })
})

test.each([
  '',
  '/etc/passwd',
  '../up',
  'a/../../up',
  '..data',
  '..x/y',
  'a//b',
  'a\0b',
])('the path %j is refused', async (path) => {
  await expect(writeAtomically(directory, filesOf({ [path]: 'x' }), options)).rejects.toThrow('invalid path')
  expect(await readdir(directory)).toEqual([])
})

/** As an application does it: the directory is looked up once, everything is read in it. */
const reader = `
  const { parentPort, workerData: { directory, over } } = require('node:worker_threads')
  const { readFileSync, readlinkSync } = require('node:fs')
  const mixtures = []
  const seen = new Set()
  while (Atomics.load(over, 0) === 0) {
    try {
      const held = directory + '/' + readlinkSync(directory + '/..data')
      const texts = ['a', 'd/b', 'c'].map((path) => readFileSync(held + '/' + path, 'utf8'))
      seen.add(texts[0])
      if (new Set(texts).size > 1) mixtures.push(texts.join(' '))
    } catch (error) {
      if (error.code !== 'ENOENT') throw error
    }
    if (seen.size === 1) Atomics.store(over, 1, 1)
  }
  parentPort.postMessage({ mixtures, seen: seen.size })`

test('a reader sees the files of one version together, never of two', async () => {
  const version = (n: number) => filesOf({ a: `${n}`, 'd/b': `${n}`, c: `${n}` })
  await writeAtomically(directory, version(0), options)
  const over = new Int32Array(new SharedArrayBuffer(8))
  const worker = new Worker(reader, { eval: true, workerData: { directory, over } })
  const heard = once(worker, 'message')
  await expect.poll(() => Atomics.load(over, 1), { timeout: 5000 }).toBe(1)
  for (let n = 1; n <= 100; n++) await writeAtomically(directory, version(n), options)
  Atomics.store(over, 0, 1)
  const [{ mixtures, seen }] = await heard
  expect(mixtures).toEqual([])
  expect(seen).toBeGreaterThan(1)
})

test('whatever was there before, what is read is what was written last', async () => {
  const name = fc.constantFrom('a', 'b', 'c')
  const path = fc.array(name, { minLength: 1, maxLength: 2 }).map((names) => names.join('/'))
  const files = fc
    .dictionary(path, fc.constantFrom('', '1', '2'), { maxKeys: 4 })
    // A name is a file or a directory.
    .filter((one) => Object.keys(one).every((a) => !Object.keys(one).some((b) => b.startsWith(`${a}/`))))
  await fc.assert(
    fc.asyncProperty(fc.array(files, { minLength: 1, maxLength: 4 }), async (versions) => {
      for (const contents of versions) {
        await writeAtomically(directory, filesOf(contents), options)
        expect(await read()).toEqual({ ...contents })
      }
    }),
    { numRuns: 25 },
  )
})

test('a file that a stranger has put there goes, should it bear the name of one of ours', async () => {
  await writeFile(join(directory, 'a'), 'stranger')
  await writeAtomically(directory, filesOf({ b: '1' }), options)
  expect(await read()).toEqual({ b: '1' })
})
