import { expect, test } from 'vitest'
import { journalLine } from './journal.ts'

const atMs = Date.parse('2026-01-09T03:04:05.067Z')

test('one line an entry, as a kubelet writes it, whatever the message holds', () => {
  const entry = { atMs, kind: 'pod', object: 'default/p', reason: 'Started' } as const
  expect(journalLine({ ...entry, type: 'Normal', message: 'Container started' })).toBe(
    'I0109 03:04:05.067000 "Event occurred" object="default/p" kind="Pod" reason="Started" message="Container started"\n',
  )
  expect(journalLine({ ...entry, type: 'Warning', message: 'said "no"\nand left' })).toBe(
    'W0109 03:04:05.067000 "Event occurred" object="default/p" kind="Pod" reason="Started" message="said \\"no\\"\\nand left"\n',
  )
})
