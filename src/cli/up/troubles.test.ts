import { expect, test } from 'vitest'
import { type Log, silentLog } from '../../base/log.ts'
import { alsoTelling } from './troubles.ts'

test('errors are told, of children too; the rest is only logged', () => {
  const logged: string[] = []
  const log: Log = { ...silentLog, error: (event) => logged.push(event), child: () => log }
  const told: string[] = []
  const both = alsoTelling(log, (text) => told.push(text))
  both.warn('slow')
  both.child({ part: 'x' }).error('request failed', { error: new Error('boom') })
  both.error('store unavailable', { reason: 'the store takes no more writes: No space left on device' })
  expect(logged).toEqual(['request failed', 'store unavailable'])
  expect(told).toEqual([
    'request failed: Error: boom',
    'the store takes no more writes: No space left on device. What was answered is safe: stop with Ctrl-C, make room on ' +
      'the disk, start again.',
  ])
})
