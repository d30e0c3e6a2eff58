import { expect, test } from 'vitest'
import { ApiError } from '../api/status.ts'
import type { ApiObject, Event } from '../api/types.ts'
import type { ApiRequest, ApiResponse } from '../api/wire.ts'
import { VirtualClock } from '../base/clock.ts'
import { silentLog } from '../base/log.ts'
import { createClient } from './client.ts'
import { createEventRecorder } from './event-recorder.ts'

const involved: ApiObject = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { namespace: 'default', name: 'logger', uid: 'u1', resourceVersion: '3' },
}

/** A server that keeps events, and does with a request what the test wants first. */
function world(first: (request: ApiRequest) => void = () => {}) {
  const clock = new VirtualClock()
  const kept = new Map<string, Event>()
  const answer = (status: number, body: unknown): ApiResponse => ({
    status,
    headers: {},
    body: { kind: 'bytes', bytes: Buffer.from(JSON.stringify(body)) },
  })
  const send = async (request: ApiRequest): Promise<ApiResponse> => {
    try {
      first(request)
    } catch (error) {
      if (error instanceof ApiError) return answer(error.code, error.toStatus())
      throw error
    }
    const body = JSON.parse(Buffer.from(request.body).toString())
    const name = request.method === 'POST' ? body.metadata.name : request.path.split('/').at(-1)
    const event = { ...kept.get(name), ...body }
    kept.set(name, event)
    return answer(request.method === 'POST' ? 201 : 200, event)
  }
  const client = createClient({ send, userAgent: 'test/1' })
  const recorder = createEventRecorder({ client, clock, log: silentLog, component: 'daemonset-controller' })
  return {
    clock,
    kept,
    recorder,
    messages: () => [...kept.values()].map(({ message, count }) => `${message} x${count}`),
  }
}

test('R9.9 an event as Kubernetes writes it', async () => {
  const { kept, recorder } = world()
  recorder.event(involved, 'Normal', 'SuccessfulCreate', 'Created pod: a')
  await recorder.flush()
  const [event] = kept.values()
  expect(event?.metadata.name).toMatch(/^logger\.[0-9a-f]{16}$/)
  expect(event).toMatchObject({
    involvedObject: { kind: 'DaemonSet', name: 'logger', uid: 'u1' },
    type: 'Normal',
    source: { component: 'daemonset-controller' },
    reportingComponent: 'daemonset-controller',
    count: 1,
    firstTimestamp: '2026-01-01T00:00:00Z',
  })
})

test('R9.10 the same message again counts up', async () => {
  const { messages, recorder } = world()
  for (let i = 0; i < 3; i++) recorder.event(involved, 'Normal', 'R', 'same')
  await recorder.flush()
  expect(messages()).toEqual(['same x3'])
})

test('what comes in the very instant in which the last one was written is written too', async () => {
  const { messages, recorder } = world()
  recorder.event(involved, 'Normal', 'R', 'first')
  for (let i = 0; i < 50; i++) {
    await Promise.resolve()
    recorder.event(involved, 'Normal', 'R', i % 2 === 0 ? 'even' : 'odd')
  }
  await recorder.flush()
  const counted = messages().map((message) => Number(message.split(' x')[1]))
  // The source's bucket is empty after 25 (R9.10).
  expect(counted.reduce((sum, count) => sum + count, 0)).toBe(25)
})

test('a server that does not answer is asked again, one that refuses is not', async () => {
  let left = 2
  const silent = world(() => {
    if (left-- > 0) throw new Error('connection reset')
  })
  silent.recorder.event(involved, 'Normal', 'R', 'late')
  for (let i = 0; i < 20; i++) {
    for (let j = 0; j < 20; j++) await Promise.resolve()
    silent.clock.advance(1000)
  }
  await silent.recorder.flush()
  expect(silent.messages()).toEqual(['late x1'])

  let asked = 0
  const strict = world(() => {
    asked++
    throw new ApiError('Forbidden', 'the namespace is being terminated')
  })
  strict.recorder.event(involved, 'Normal', 'R', 'refused')
  await strict.recorder.flush()
  expect([asked, strict.messages()]).toEqual([1, []])
})
