import { expect, onTestFinished, test } from 'vitest'
import { type ControllerWorld, controllerWorld } from '../../test/controller-world.ts'
import { events } from '../api/resources.ts'
import { formatTime } from '../api/time.ts'
import type { Event } from '../api/types.ts'
import { startEventCleanup } from './event-cleanup.ts'

const minute = 60_000

async function world(): Promise<ControllerWorld> {
  const made = await controllerWorld()
  onTestFinished(() => made.close())
  return made
}

async function addEvent({ client, clock }: ControllerWorld, name: string): Promise<void> {
  const now = formatTime(clock.now())
  await client.create<Event>(events, {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: 'default' },
    involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' },
    reason: 'Test',
    message: 'm',
    type: 'Normal',
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  })
}

const names = async ({ client }: ControllerWorld) =>
  (await client.list<Event>(events)).items.map(({ metadata }) => metadata.name)

test('an event lives for an hour after it was last written', async () => {
  const w = await world()
  w.start(startEventCleanup)
  await addEvent(w, 'old')
  await addEvent(w, 'counted')
  await w.pass(30 * minute)
  await addEvent(w, 'young')
  const body = { count: 2, lastTimestamp: formatTime(w.clock.now()) }
  await w.client.patch(events, { namespace: 'default', name: 'counted' }, { type: 'strategic', body })
  await w.pass(29 * minute)
  expect(await names(w)).toEqual(['counted', 'old', 'young'])
  await w.pass(7 * minute)
  expect(await names(w)).toEqual(['counted', 'young'])
  await w.pass(30 * minute)
  expect(await names(w)).toEqual([])
})

test('more events than a page, and none is missed', async () => {
  const w = await world()
  for (let i = 0; i < 700; i++) await addEvent(w, `e${i}`)
  await w.pass(61 * minute)
  w.start(startEventCleanup)
  await w.pass(1000)
  expect(await names(w)).toEqual([])
})

test('it looks seldom: an hour without events costs no more than a dozen lists', async () => {
  const w = await world()
  let lists = 0
  w.start((options) =>
    startEventCleanup({
      ...options,
      client: {
        ...options.client,
        list: (...args) => {
          lists++
          return options.client.list(...args)
        },
      },
    }),
  )
  await w.pass(60 * minute)
  expect(lists).toBeLessThanOrEqual(12)
})
