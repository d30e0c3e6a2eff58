// docs/reference/commands.md says what the program says.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { commandReference, referencePath } from '../scripts/generate-command-reference.ts'

test('the reference of the commands is current (npx tsx scripts/generate-command-reference.ts)', () => {
  expect(readFileSync(referencePath, 'utf8')).toBe(commandReference())
})
