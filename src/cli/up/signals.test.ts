import { expect, test } from 'vitest'
import { VirtualClock } from '../../base/clock.ts'
import { stopSignal } from './signals.ts'

function world() {
  const clock = new VirtualClock()
  const said: string[] = []
  const stop = stopSignal({ clock, say: (line) => said.push(line) })
  return { clock, said, stop, signal: () => process.emit('SIGHUP', 'SIGHUP') }
}

test('the first signal asks to stop; who waits longer than two seconds hears, once, that a second one ends it', () => {
  const { clock, said, stop, signal } = world()
  clock.advance(10_000)
  expect([stop.signal.aborted, said]).toEqual([false, []])
  signal()
  clock.advance(1_999)
  expect([stop.signal.aborted, said]).toEqual([true, []])
  clock.advance(10_000)
  expect(said).toEqual(['still stopping; Ctrl-C again ends it at once'])
  stop.forget()
})

test('nothing is said of a stop that was quick', () => {
  const { clock, said, stop, signal } = world()
  signal()
  clock.advance(500)
  stop.forget()
  clock.advance(10_000)
  expect(said).toEqual([])
})
