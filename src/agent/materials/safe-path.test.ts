import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { findSafely, type SafeSearch } from './safe-path.ts'

let top: string
/** What must not be left. */
let base: string

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'everynode-safe-path-'))
  base = join(top, 'base')
  await mkdir(join(base, 'var/log/app'), { recursive: true })
  await writeFile(join(base, 'var/log/app/one.log'), 'inside')
  await mkdir(join(top, 'secret'))
  await writeFile(join(top, 'secret/key'), 'outside')
  return () => rm(top, { recursive: true, force: true })
})

async function find(links: SafeSearch['links'], path: string, create?: SafeSearch['create']): Promise<string> {
  try {
    const found = await findSafely({ base, links, create }, path)
    if (found === undefined) return 'nothing'
    await found.handle.close()
    return `${found.kind} ${found.path.slice(base.length) || '/'}`
  } catch (error) {
    return (error as Error).message.replace(/, open.*/, '')
  }
}

const links: Readonly<Record<string, string>> = {
  'to-var': 'var',
  'to-log': '/var/log',
  'to-top': '..',
  'to-secret': '../secret',
  'deep/to-secret': '../../secret/key',
  'to-etc': '/etc',
  loop: 'loop',
  'one-of-two': 'two-of-two',
  'two-of-two': 'one-of-two',
  dangling: 'nowhere/at-all',
}

test.each([
  ['/', 'directory /', 'directory /'],
  ['var/log', 'directory /var/log', 'directory /var/log'],
  ['/var/./log//app/one.log', 'file /var/log/app/one.log', 'file /var/log/app/one.log'],
  ['to-var/log', 'directory /var/log', 'directory /var/log'],
  // Within a root, `/` is that root; within a volume it is the machine's.
  ['to-log/app', 'directory /var/log/app', 'subpath "to-log/app" leads out of the volume'],
  ['to-top/base/var', 'nothing', 'subpath "to-top/base/var" leads out of the volume'],
  ['to-secret/key', 'nothing', 'subpath "to-secret/key" leads out of the volume'],
  ['deep/to-secret', 'nothing', 'subpath "deep/to-secret" leads out of the volume'],
  ['../../../etc/passwd', 'nothing', 'subpath "../../../etc/passwd" leads out of the volume'],
  ['to-etc/passwd', 'nothing', 'subpath "to-etc/passwd" leads out of the volume'],
  ['loop', 'loop: too many levels of symbolic links', 'loop: too many levels of symbolic links'],
  [
    'one-of-two/x',
    'one-of-two/x: too many levels of symbolic links',
    'one-of-two/x: too many levels of symbolic links',
  ],
  ['dangling', 'nothing', 'nothing'],
  ['var/log/app/one.log/x', 'ENOTDIR: not a directory', 'ENOTDIR: not a directory'],
  ['var/none/x', 'nothing', 'nothing'],
])('%s is in a root: %s; in a volume: %s', async (path, inRoot, inVolume) => {
  await mkdir(join(base, 'deep'))
  for (const [name, target] of Object.entries(links)) await symlink(target, join(base, name))
  expect(await find('root', path)).toBe(inRoot)
  expect(await find('volume', path)).toBe(inVolume)
})

test("a link to a place in the same volume, in the machine's words, stays in it", async () => {
  await symlink(join(base, 'var/log'), join(base, 'full'))
  expect(await find('volume', 'full/app')).toBe('directory /var/log/app')
})

test('what is not there is made, with rights of its own and never behind a link that leads away', async () => {
  expect(await find('root', 'a/b/c', 'directory')).toBe('directory /a/b/c')
  expect((await stat(join(base, 'a/b'))).mode & 0o777).toBe(0o755)
  expect(await find('root', 'a/b/file', 'file')).toBe('file /a/b/file')
  expect((await stat(join(base, 'a/b/file'))).mode & 0o777).toBe(0o644)
  expect(await find('root', 'not/there/file', 'file')).toBe('nothing')
  await symlink(join(top, 'secret'), join(base, 'away'))
  expect(await find('volume', 'away/made', 'directory')).toBe('subpath "away/made" leads out of the volume')
  expect(await find('root', 'away/made', 'directory')).toBe(`directory ${join(top, 'secret')}/made`)
  await expect(stat(join(top, 'secret/made'))).rejects.toThrow('ENOENT')
})

test('a directory that is swapped with a link outward all the time never leads there', async () => {
  await chmod(base, 0o755)
  await mkdir(join(base, 'swapped'))
  await writeFile(join(base, 'swapped/key'), 'inside')
  await symlink('../secret', join(base, 'link'))
  let over = false
  async function swap(): Promise<void> {
    while (!over) {
      for (const [from, to] of [
        ['swapped', 'aside'],
        ['link', 'swapped'],
        ['swapped', 'link'],
        ['aside', 'swapped'],
      ] as const) {
        await rename(join(base, from), join(base, to))
      }
    }
  }
  const swapping = swap()
  const heard = new Set<string>()
  async function look(): Promise<string> {
    const found = await findSafely({ base, links: 'volume' }, 'swapped/key')
    if (found === undefined) return 'nothing'
    // What was found is what is held, whatever its name means by now.
    const content = await readFile(`/proc/self/fd/${found.handle.fd}`, 'utf8')
    await found.handle.close()
    return content
  }
  try {
    for (let round = 0; round < 400; round++) heard.add(await look().catch((error: Error) => error.message))
  } finally {
    over = true
    await swapping
  }
  expect(heard).toContain('inside')
  const refusals = ['swapped/key: too many levels of symbolic links', 'subpath "swapped/key" leads out of the volume']
  expect([...heard].filter((one) => !['inside', 'nothing', ...refusals].includes(one))).toEqual([])
})
