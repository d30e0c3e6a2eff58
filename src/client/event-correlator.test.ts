import { expect, test } from 'vitest'
import { correlation, EventCorrelator, type Happening } from './event-correlator.ts'

const happening = (message: string, more: Partial<Happening> = {}): Happening => ({
  involved: { kind: 'DaemonSet', namespace: 'default', name: 'logger', uid: 'u1' },
  type: 'Normal',
  reason: 'SuccessfulCreate',
  message,
  ...more,
})

/** What the correlator says to one happening after the other, as words. */
function hear(correlator: EventCorrelator, messages: readonly string[], atMs = 0): string[] {
  return messages.map((message) => {
    const said = correlator.correlate(happening(message), atMs)
    if (said.do === 'drop') return 'drop'
    if (said.do === 'create') said.entry.name = 'written'
    return `${said.do} ${said.message} x${said.entry.count}`
  })
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `pod ${i}`)

test('R9.10 the same again counts up', () => {
  expect(hear(new EventCorrelator(), ['a', 'a', 'b', 'a'])).toEqual([
    'create a x1',
    'count a x2',
    'create b x1',
    'count a x3',
  ])
})

test('R9.10 from the tenth similar message on they are one event', () => {
  expect(hear(new EventCorrelator(), numbered(12)).slice(8)).toEqual([
    'create pod 8 x1',
    'create (combined from similar events): pod 9 x1',
    'count (combined from similar events): pod 10 x2',
    'count (combined from similar events): pod 11 x3',
  ])
})

test('R9.10 ten minutes of silence end the combining', () => {
  const correlator = new EventCorrelator()
  hear(correlator, numbered(12))
  const later = correlation.similarWithinMs + 1
  expect(hear(correlator, ['pod 12'], later)).toEqual(['create pod 12 x1'])
})

test('R9.10 a burst of 25, then one every 300 s', () => {
  const correlator = new EventCorrelator()
  expect(hear(correlator, numbered(30)).filter((said) => said !== 'drop')).toHaveLength(25)
  expect(hear(correlator, ['x'], correlation.refillMs - 1)).toEqual(['drop'])
  expect(hear(correlator, ['x', 'x'], correlation.refillMs)[1]).toBe('drop')
})

test('R9.10 another type or another object has its own bucket', () => {
  const correlator = new EventCorrelator()
  hear(correlator, numbered(30))
  expect(correlator.correlate(happening('no', { type: 'Warning' }), 0).do).toBe('create')
  const other = { kind: 'DaemonSet', namespace: 'default', name: 'other', uid: 'u2' }
  expect(correlator.correlate(happening('pod 1', { involved: other }), 0).do).toBe('create')
})
