import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { dataPath, findDataDirectory, openDataDirectory, removeDataDirectory, withAnnounced } from './data-directory.ts'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'everynode-data-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

test('a new directory is for its owner only, and is found again with its settings', async () => {
  const path = join(directory, 'a', 'b')
  expect(await findDataDirectory(path)).toBeUndefined()
  const fresh = await openDataDirectory(path)
  expect((await stat(path)).mode & 0o777).toBe(0o700)
  await fresh.save({ ...fresh.settings, port: 6443 })
  expect((await openDataDirectory(path)).settings.port).toBe(6443)
})

test('an empty folder may be used', async () => {
  expect((await openDataDirectory(directory)).path).toBe(directory)
})

const refused: [name: string, make: (path: string) => Promise<unknown>, message: RegExp][] = [
  ['a folder with other things in it', (path) => mkdir(join(path, 'photos'), { recursive: true }), /something else/],
  ['a file', (path) => writeFile(path, ''), /it is a file/],
  ['a newer format', (path) => json(path, '{"format":2}'), /another version \(format 2/],
  ['damaged settings', (path) => json(path, '{'), /damaged/],
]
async function json(path: string, text: string) {
  await mkdir(path)
  await writeFile(join(path, 'everynode.json'), text)
}

test.each(refused)('%s is refused, and never purged', async (_name, make, message) => {
  const path = join(directory, 'x')
  await make(path)
  await expect(openDataDirectory(path)).rejects.toThrow(message)
  await expect(findDataDirectory(path)).rejects.toThrow(message)
  await stat(path)
})

test('what was opened can be removed whole', async () => {
  const data = await openDataDirectory(join(directory, 'y'))
  await removeDataDirectory(data)
  await expect(stat(data.path)).rejects.toThrow('ENOENT')
})

test.skipIf(process.geteuid?.() !== 0)(
  'what is mounted in it does not go with it, by whatever name it is removed',
  async () => {
    const data = await openDataDirectory(join(directory, 'y'))
    const theirs = join(directory, 'theirs')
    await mkdir(theirs)
    await writeFile(join(theirs, 'file'), 'kept')
    await mkdir(join(data.path, 'pods/volume'), { recursive: true })
    await promisify(execFile)('mount', ['--bind', theirs, join(data.path, 'pods/volume')])
    await symlink('.', join(directory, 'link'))
    await removeDataDirectory({ ...data, path: join(directory, 'link/y') })
    expect(await readFile(join(theirs, 'file'), 'utf8')).toBe('kept')
    await expect(stat(join(data.path, 'pods'))).rejects.toThrow('ENOENT')
  },
)

test('every place where it was announced is known, the latest last', async () => {
  const [first, second] = [
    { kubeconfig: '/k', context: 'a' },
    { kubeconfig: '/k', context: 'b' },
  ]
  const data = await openDataDirectory(join(directory, 'z'))
  for (const one of [first, second, first]) {
    const { settings } = await openDataDirectory(data.path)
    await data.save({ ...settings, announced: withAnnounced(settings.announced, one) })
  }
  expect((await openDataDirectory(data.path)).settings.announced).toEqual([second, first])
  // As it was written when only the latest was noted.
  await writeFile(join(data.path, 'everynode.json'), JSON.stringify({ format: 1, announced: first }))
  expect((await openDataDirectory(data.path)).settings.announced).toEqual([first])
})

test('where it is: the flag, the variable, the home', () => {
  expect(dataPath('/f', { EVERYNODE_DATA: '/v' })).toBe('/f')
  expect(dataPath(undefined, { EVERYNODE_DATA: '/v' })).toBe('/v')
  expect(dataPath(undefined, {})).toMatch(/\.everynode$/)
})
