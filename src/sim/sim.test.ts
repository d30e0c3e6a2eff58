import { expect, test } from 'vitest'
import { runJob } from './jobs.ts'
import { mutants } from './mutants.ts'
import { runSeed } from './run-seed.ts'
import { allPlans, runPlan } from './sieve.ts'

test.each([3, 8])('seed %i is the same run each time, byte for byte', async (seed) => {
  const first = await runSeed(seed)
  const second = await runSeed(seed)
  expect(second.fingerprint).toBe(first.fingerprint)
  expect(second.lines).toEqual(first.lines)
})

test.each([100, 101, 102, 103])('I1 to I13, L1, ST, WA hold in seed %i', async (seed) => {
  expect((await runSeed(seed)).violation).toBeUndefined()
})

test('a plan of the sieve is the same run each time, and its journey without it is undisturbed', async () => {
  const first = await runPlan('update', 'crash 3 done')
  expect((await runPlan('update', 'crash 3 done')).fingerprint).toBe(first.fingerprint)
  expect(first.violation).toBeUndefined()
  expect(first.lines.some(({ who, what }) => who === 'controllers' && what.startsWith('killed after'))).toBe(true)
  const clean = await runPlan('update', 'nothing')
  expect(clean.violation).toBeUndefined()
  expect(first.end).toBe(clean.end)
})

test('each write of a journey has three crashes, each event four disturbances', async () => {
  const { seen } = await runPlan('create', 'nothing')
  const plans = await allPlans('create')
  expect(seen.writes).toBeGreaterThan(5)
  expect(seen.events).toBeGreaterThan(10)
  expect(plans).toHaveLength(3 * seen.writes + 4 * seen.events)
  expect(new Set(plans.map(([, plan]) => plan)).size).toBe(plans.length)
})

test('a run that breaks a rule says which, and shows how it came to it', async () => {
  const [first] = mutants
  const outcome = await runJob({ do: 'seed', seed: 1, mutant: first?.name })
  expect(outcome.violation?.invariant).toBe('I3')
  expect(outcome.lastLines.at(-1)).toMatch(/check +I3: DELETE .* without uid and resourceVersion/)
})
