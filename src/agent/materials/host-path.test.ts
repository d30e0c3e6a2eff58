import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { findHostPath } from './host-path.ts'

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'everynode-host-path-'))
  await mkdir(join(root, 'dir'))
  await writeFile(join(root, 'file'), '')
  return () => rm(root, { recursive: true, force: true })
})

async function find(path: string, type?: string, at = root): Promise<string> {
  try {
    const found = await findHostPath(at, path, type)
    await found.handle.close()
    return `${found.kind} ${found.path.slice(at.length)}`
  } catch (error) {
    return (error as Error).message
  }
}

// The rows of upstream's host_path_test.go, TestHostPathTypeCheckerInternal.
test.each([
  ['/dir', undefined, 'directory /dir'],
  ['/file', '', 'file /file'],
  ['/made/by/the/way', '', 'directory /made/by/the/way'],
  ['/dir', 'Directory', 'directory /dir'],
  ['/none', 'Directory', 'hostPath type check failed: /none is not a directory'],
  ['/file', 'Directory', 'hostPath type check failed: /file is not a directory'],
  ['/new/dir', 'DirectoryOrCreate', 'directory /new/dir'],
  ['/file', 'DirectoryOrCreate', 'hostPath type check failed: /file is not a directory'],
  ['/file', 'File', 'file /file'],
  ['/none', 'File', 'hostPath type check failed: /none is not a file'],
  ['/dir', 'FileOrCreate', 'hostPath type check failed: /dir is not a file'],
  ['/dir/new', 'FileOrCreate', 'file /dir/new'],
  ['/none/new', 'FileOrCreate', 'hostPath type check failed: /none/new is not a file'],
  ['/dir', 'Socket', 'hostPath type check failed: /dir is not a socket file'],
  ['/file', 'CharDevice', 'hostPath type check failed: /file is not a character device'],
  ['/file', 'BlockDevice', 'hostPath type check failed: /file is not a block device'],
  ['/dir', 'Whatever', 'Whatever is an invalid volume type'],
  ['/dir/../../etc', '', 'hostPath /dir/../../etc must not contain ".."'],
])('hostPath %s of type %j: %s', async (path, type, expected) => {
  expect(await find(path, type)).toBe(expected)
})

test('a socket is a Socket, a device of the machine a CharDevice', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(join(root, 'run.sock'), resolve))
  onTestFinished(() => void server.close())
  expect(await find('/run.sock', 'Socket')).toBe('socket /run.sock')
  expect(await find('/dev/null', 'CharDevice', '/')).toBe('character device dev/null')
})

test('what was made has the modes that upstream makes it with', async () => {
  await find('/a/b', 'DirectoryOrCreate')
  await find('/a/b/c', 'FileOrCreate')
  expect((await stat(join(root, 'a'))).mode & 0o777).toBe(0o755)
  expect((await stat(join(root, 'a/b/c'))).mode & 0o777).toBe(0o644)
})
