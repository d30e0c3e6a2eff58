// Each planted fault must turn tests of its group red: in a copy of the project, so that nothing of it is ever here.
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { faults } from './faults.ts'

const root = new URL('../..', import.meta.url).pathname
let copy: string
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'everynode-mutants-'))
  for (const path of ['src', 'test', 'examples', 'package.json', 'tsconfig.json', 'vitest.config.ts']) {
    cpSync(join(root, path), join(copy, path), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
})
afterAll(() => rmSync(copy, { recursive: true, force: true }))

/** Runs the tests in the copy; how many failed, and what was said. */
function run(tests: readonly string[]): Promise<{ readonly failed: number; readonly names: readonly string[] }> {
  const words = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', copy, '--reporter', 'json', ...tests]
  return new Promise((resolve, reject) => {
    const env = { ...process.env, EVERYNODE_TESTS: 'all', VITEST: undefined }
    execFile(process.execPath, words, { cwd: copy, env, maxBuffer: 64 << 20 }, (_error, stdout, stderr) => {
      const json = stdout.slice(stdout.indexOf('{'))
      try {
        const { numFailedTests, testResults } = JSON.parse(json) as {
          numFailedTests: number
          testResults: { status: string; assertionResults: { status: string; title: string }[] }[]
        }
        const results = testResults.flatMap((file) => file.assertionResults)
        const names = results.filter(({ status }) => status === 'failed').map(({ title }) => title)
        // A file that cannot even be loaded is no test that noticed.
        const broken = testResults.some((file) => file.status === 'failed' && file.assertionResults.length === 0)
        if (broken) reject(new Error(`a test file could not be loaded: ${stderr.slice(0, 2000)}`))
        else resolve({ failed: numFailedTests, names })
      } catch {
        reject(new Error(`vitest said nothing that can be read: ${stdout.slice(0, 2000)}\n${stderr.slice(0, 2000)}`))
      }
    })
  })
}

test('without a fault they are all green', async () => {
  const tests = [...new Set(faults.flatMap((fault) => fault.tests))]
  expect((await run(tests)).names).toEqual([])
}, 300_000)

test.each(faults)('$group: $name', async ({ file, find, replace, tests }) => {
  const path = join(copy, file)
  const text = readFileSync(path, 'utf8')
  expect(text.split(find), `${file} has this once`).toHaveLength(2)
  writeFileSync(
    path,
    text.replace(find, () => replace),
  )
  try {
    expect((await run(tests)).failed).toBeGreaterThan(0)
  } finally {
    writeFileSync(path, text)
  }
}, 120_000)
