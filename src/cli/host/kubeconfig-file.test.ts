import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readKubeconfig } from '../../client/kubeconfig.ts'
import { addContext, dropContext, kubeconfigPath } from './kubeconfig-file.ts'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'everynode-kubeconfig-'))
})
afterEach(() => rm(directory, { recursive: true }))

const entry = { name: 'everynode', server: 'https://127.0.0.1:6443', token: 't' }
const other = 'current-context: mine\ncontexts:\n- name: mine\n  context: {cluster: c, user: u}\n'

test('an entry goes in and out, and what others wrote stays', async () => {
  const path = join(directory, 'deep', 'config')
  await addContext(path, entry)
  expect(readKubeconfig(await readFile(path, 'utf8')).currentContext).toBe('everynode')
  await writeFile(path, other)
  await addContext(path, entry)
  const both = readKubeconfig(await readFile(path, 'utf8'))
  expect([...both.contexts.keys()]).toEqual(['mine', 'everynode'])
  expect(both.currentContext).toBe('mine')
  await dropContext(path, 'everynode')
  expect([...readKubeconfig(await readFile(path, 'utf8')).contexts.keys()]).toEqual(['mine'])
})

test('a context that leads to another cluster by now stays', async () => {
  const [path, own] = [join(directory, 'config'), join(directory, 'own')]
  await addContext(own, { ...entry, ca: 'first' })
  await addContext(path, { ...entry, ca: 'second' })
  expect(await dropContext(path, 'everynode', own)).toBe(false)
  expect(await readFile(path, 'utf8')).toContain('everynode')
  await addContext(path, { ...entry, ca: 'first' })
  expect(await dropContext(path, 'everynode', own)).toBe(true)
  expect(await dropContext(path, 'everynode', own)).toBe(false)
})

test('a name that led to another cluster is taken over, and where it led is told', async () => {
  const path = join(directory, 'config')
  expect(await addContext(path, { ...entry, ca: 'first' })).toBeUndefined()
  expect(await addContext(path, { ...entry, ca: 'first', server: 'https://127.0.0.1:7000' })).toBeUndefined()
  expect(await addContext(path, { ...entry, ca: 'second' })).toBe('https://127.0.0.1:7000')
  expect(readKubeconfig(await readFile(path, 'utf8')).clusters.get('everynode')).toMatchObject({ server: entry.server })
})

test('only its owner can read it, and no lock is left', async () => {
  const path = join(directory, 'config')
  await addContext(path, entry)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  await expect(stat(`${path}.lock`)).rejects.toThrow('ENOENT')
})

test('several writers at once: every entry is there', async () => {
  const path = join(directory, 'config')
  const names = ['a', 'b', 'c', 'd', 'e']
  await Promise.all(names.map((name) => addContext(path, { ...entry, name })))
  expect([...readKubeconfig(await readFile(path, 'utf8')).contexts.keys()].sort()).toEqual(names)
})

test('a file that is a link stays one', async () => {
  const real = join(directory, 'real')
  const link = join(directory, 'link')
  await writeFile(real, other)
  await symlink(real, link)
  await addContext(link, entry)
  expect(await readFile(real, 'utf8')).toContain('everynode')
})

test('a file that is not YAML is left alone', async () => {
  const path = join(directory, 'config')
  await writeFile(path, 'a: [')
  await expect(addContext(path, entry)).rejects.toThrow(/not YAML/)
  expect(await readFile(path, 'utf8')).toBe('a: [')
})

test('nothing to remove is no error', async () => {
  await dropContext(join(directory, 'absent'), 'everynode')
  await expect(stat(join(directory, 'absent'))).rejects.toThrow('ENOENT')
})

const paths: [flag: string | undefined, variable: string | undefined, path: RegExp][] = [
  ['/f', '/v', /^\/f$/],
  [undefined, '/v:/w', /^\/v$/],
  [undefined, ':/w', /^\/w$/],
  [undefined, undefined, /\/\.kube\/config$/],
]
test.each(paths)('flag %s, KUBECONFIG=%s: %s', (flag, variable, path) => {
  expect(kubeconfigPath(flag, variable === undefined ? {} : { KUBECONFIG: variable })).toMatch(path)
})
