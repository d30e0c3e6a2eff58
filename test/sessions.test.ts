// Sessions at a terminal: each file in test/sessions, read as session-steps.ts says. Each command is a test of its own,
// in order, on one cluster.
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parseSession, runStep } from './session-steps.ts'
import { kubectl, needsKubectl, openCluster, type Shell } from './shell.ts'

const folder = new URL('./sessions/', import.meta.url)
/** `*.long.txt` is left to `npm run test:all`. */
const isQuick = process.env.EVERYNODE_TESTS === 'quick'
const files = readdirSync(folder).filter((file) => file.endsWith('.txt') && !(isQuick && file.endsWith('.long.txt')))

describe.each(files)('%s', (file) => {
  let shell: Shell
  beforeAll(async () => {
    if (kubectl !== undefined) shell = await openCluster('--nodes 3')
  })
  afterAll(() => shell?.close())
  beforeEach(needsKubectl)

  const steps = parseSession(readFileSync(new URL(file, folder), 'utf8'))
  test.each(steps)('line $line: $about: $command', { timeout: 60_000 }, (step) => runStep(shell, step))
})

test('every session says something', () => {
  expect(files.length).toBeGreaterThan(0)
  for (const file of files) expect(parseSession(readFileSync(new URL(file, folder), 'utf8'))).not.toEqual([])
})
