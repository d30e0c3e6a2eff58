// B6 A minute of it, shared among the targets.
import { test } from 'vitest'
import { feed } from './fuzz.ts'
import { targets } from './targets.ts'

const totalMs = 60_000
const entries = Object.entries(targets)

test.each(entries)(
  'B6 anything at all as %s, for its share of a minute',
  { timeout: totalMs },
  async (name, target) => {
    const eachMs = totalMs / entries.length
    await feed(name, target, { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: eachMs })
  },
)
