import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeDirectory } from './make-directory.ts'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'everynode-directory-'))
})
afterEach(() => rm(directory, { recursive: true }))

test('with those above it, for the owner only; what is there stays', async () => {
  const path = join(directory, 'a', 'b', 'c')
  await makeDirectory(path)
  expect((await stat(path)).mode & 0o777).toBe(0o700)
  await mkdir(join(path, 'inside'))
  await makeDirectory(path)
  expect((await stat(join(path, 'inside'))).isDirectory()).toBe(true)
})

test('several at once', async () => {
  await Promise.all(['a/b/c', 'a/b/d', 'a/b', 'a/b/c/e'].map((path) => makeDirectory(join(directory, path))))
  expect((await stat(join(directory, 'a/b/c/e'))).isDirectory()).toBe(true)
})

test('a file in the way', async () => {
  await writeFile(join(directory, 'file'), '')
  await expect(makeDirectory(join(directory, 'file'))).rejects.toThrow('EEXIST')
  await expect(makeDirectory(join(directory, 'file', 'a', 'b'))).rejects.toThrow('ENOTDIR')
})

test.runIf(process.platform === 'linux')('a directory that takes no entries is an error, not a wait', async () => {
  await expect(makeDirectory('/proc/everynode/data')).rejects.toThrow(/ENOENT|EACCES/)
})
