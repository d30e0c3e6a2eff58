import { expect, test } from 'vitest'
import { requestOf } from '../../test/world.ts'
import { warningHeader } from '../apiserver/answer.ts'
import { tellingWarnings, warningsIn } from './warnings.ts'

test('W1.11 what was quoted for the header is told as it was', () => {
  const texts = ['unknown field "spec.x"', 'a \\ and, another', 'plain']
  expect(warningsIn(warningHeader(texts).warning)).toEqual(texts)
  expect([warningsIn(undefined), warningsIn('nonsense')]).toEqual([[], []])
})

test('W1.11 each is told once, however many answers bring it', async () => {
  const told: string[] = []
  const send = tellingWarnings(
    async () => ({ status: 200, headers: warningHeader(['a', 'b']), body: { kind: 'slices', slices: [] } }),
    (line) => told.push(line),
  )
  for (let i = 0; i < 2; i++) await send(requestOf('GET /x', {}))
  expect(told).toEqual(['Warning: a\n', 'Warning: b\n'])
})
