// B6 A short while of everything, and all that ever crashed.
import { expect, test } from 'vitest'
import { corpusFiles, feed, take } from './fuzz.ts'
import { targets } from './targets.ts'

test.each(Object.entries(targets))('B6 anything at all as %s', async (name, target) => {
  await feed(name, target, { numRuns: 300 })
})

const kept = corpusFiles()

test.runIf(kept.length > 0).each(kept)('B6 it crashed once: $file', async ({ target, input }) => {
  const found = targets[target]
  expect(found, `there is no target ${target} any more`).toBeDefined()
  await take(found!, input)
})
