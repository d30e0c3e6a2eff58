// What the package promises to those who install it is there: every entry point has a source, every file is in the tree.
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('..', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
const exists = (path: string) => existsSync(new URL(path, root))

test('every entry point is built from a source', () => {
  for (const target of Object.values<string>(manifest.exports)) {
    expect(exists(target.replace('./dist/', 'src/').replace(/\.js$/, '.ts')), target).toBe(true)
  }
})

test('every command and every file of the package is there', () => {
  for (const target of Object.values<string>(manifest.bin)) expect(exists(target), target).toBe(true)
  for (const target of manifest.files.filter((file: string) => file !== 'dist'))
    expect(exists(target), target).toBe(true)
})

test('every dependency has its line in the decisions', () => {
  const page = readFileSync(new URL('docs/decisions/0001-dependencies.md', root), 'utf8')
  for (const name of Object.keys(manifest.dependencies)) expect(page).toContain(`\`${name}\``)
})

test('versions are pinned', () => {
  const versions = Object.values<string>({ ...manifest.dependencies, ...manifest.devDependencies })
  for (const version of versions) expect(version).toMatch(/^\d+\.\d+\.\d+$/)
})
