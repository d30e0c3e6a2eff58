// One session under every kubectl of this machine, on one cluster. Those that are not there are named.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { asKubectl, judges, newest } from './kubectls.ts'
import { parseSession, runStep } from './session-steps.ts'
import { openCluster, type Shell, which } from './shell.ts'

const steps = parseSession(readFileSync(new URL('./kubectl-versions/common.txt', import.meta.url), 'utf8'))

let shell: Shell
beforeAll(async () => {
  if (judges.some(({ path }) => path !== undefined)) shell = await openCluster('--nodes 3')
})
afterAll(() => shell?.close())

describe.each(judges)('kubectl $name', ({ path }) => {
  beforeEach((context) => {
    if (path === undefined) context.skip('not on this machine: neither on PATH, beside it, nor in the cache')
  })
  const before = asKubectl(path)
  test.each(steps)('line $line: $about: $command', { timeout: 60_000 }, (step) => runStep(shell, step, before))
})

test('in CI every kubectl that can be had is here: the one on PATH, and where there is a go, the one it builds', (context) => {
  const found = judges.filter(({ path }) => path !== undefined).map(({ name }) => name)
  if (process.env.CI !== 'true' && found.length === 0) context.skip('no kubectl on this machine')
  expect(found).not.toEqual([])
  if (process.env.CI === 'true' && which('go') !== undefined) {
    expect(
      found.some((version) => version.startsWith(`v1.${newest}.`)),
      'run scripts/build-kubectl.sh',
    ).toBe(true)
  }
})
