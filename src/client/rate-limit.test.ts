import { expect, test } from 'vitest'
import type { ApiRequest } from '../api/wire.ts'
import { VirtualClock } from '../base/clock.ts'
import { rateLimited } from './rate-limit.ts'
import { apiRequest } from './request.ts'

test('a burst goes at once, then so many a second in the order they came; a watch never waits', async () => {
  const clock = new VirtualClock(0)
  const sent: string[] = []
  const send = rateLimited(
    async (request: ApiRequest) => {
      sent.push(`${request.path}@${clock.now()}`)
      return { status: 200, headers: {}, body: { kind: 'bytes', bytes: new Uint8Array() } }
    },
    { perSecond: 2, burst: 2 },
    clock,
  )
  const get = (path: string, query = {}) => void send(apiRequest({ method: 'GET', path, query }, 'test', undefined))
  for (const path of ['/1', '/2', '/3', '/4']) get(path)
  get('/w', { watch: true })
  expect(sent).toEqual(['/1@0', '/2@0', '/w@0'])
  for (let ms = 0; ms < 2_000; ms += 100) {
    clock.advance(100)
    await Promise.resolve()
    await Promise.resolve()
  }
  expect(sent.slice(3)).toEqual(['/3@500', '/4@1000'])
  // What was not used comes back, up to the burst and no further.
  clock.advance(60_000)
  for (const path of ['/5', '/6', '/7']) get(path)
  expect(sent.slice(5)).toEqual(['/5@62000', '/6@62000'])
})
