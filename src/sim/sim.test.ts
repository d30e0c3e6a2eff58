import { expect, test } from 'vitest'
import { runSeed } from './run-seed.ts'

test.each([1, 8])('seed %i is the same run each time, byte for byte', async (seed) => {
  const first = await runSeed(seed)
  const second = await runSeed(seed)
  expect(second.fingerprint).toBe(first.fingerprint)
  expect(second.lines).toEqual(first.lines)
}, 60_000)
