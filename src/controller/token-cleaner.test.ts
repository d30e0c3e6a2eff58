import { expect, onTestFinished, test } from 'vitest'
import { type ControllerWorld, controllerWorld } from '../../test/controller-world.ts'
import { secrets } from '../api/resources.ts'
import { formatTime } from '../api/time.ts'
import { startTokenCleaner } from './token-cleaner.ts'

const hour = 3_600_000

async function world(): Promise<ControllerWorld> {
  const made = await controllerWorld()
  onTestFinished(() => made.close())
  return made
}

const base64 = (text: string) => Buffer.from(text).toString('base64')

function addToken(w: ControllerWorld, name: string, expiration: string | undefined, more: object = {}) {
  const data = expiration === undefined ? {} : { expiration: base64(expiration) }
  const metadata = { name, namespace: 'kube-system' }
  return w.client.create(secrets, { metadata, type: 'bootstrap.kubernetes.io/token', data, ...more } as never)
}

const names = async ({ client }: ControllerWorld) =>
  (await client.list(secrets)).items.map(({ metadata }) => metadata.name)

test('B7 a bootstrap token goes when its time is over, and nothing else does', async () => {
  const w = await world()
  const soon = formatTime(w.clock.now() + hour)
  await addToken(w, 'ends', soon)
  await addToken(w, 'later', formatTime(w.clock.now() + 60 * 24 * hour))
  await addToken(w, 'forever', undefined)
  await addToken(w, 'another-type', soon, { type: 'Opaque' })
  await addToken(w, 'elsewhere', soon, { metadata: { name: 'elsewhere', namespace: 'default' } })
  w.start(startTokenCleaner)
  await w.pass(hour - 1000)
  expect(await names(w)).toEqual(['elsewhere', 'another-type', 'ends', 'forever', 'later'])
  await w.pass(2000)
  expect(await names(w)).toEqual(['elsewhere', 'another-type', 'forever', 'later'])
})

test('B7 what was over before it was seen, and what cannot be read as a time, goes at once', async () => {
  const w = await world()
  await addToken(w, 'long-ago', '2001-01-01T00:00:00Z')
  await addToken(w, 'nonsense', 'tomorrow')
  w.start(startTokenCleaner)
  await w.pass(100)
  expect(await names(w)).toEqual([])
})

test('B7 a token whose time was made longer stays', async () => {
  const w = await world()
  w.start(startTokenCleaner)
  await addToken(w, 'ends', formatTime(w.clock.now() + hour))
  await w.pass(hour / 2)
  const body = { data: { expiration: base64(formatTime(w.clock.now() + 2 * hour)) } }
  await w.client.patch(secrets, { namespace: 'kube-system', name: 'ends' }, { type: 'merge', body })
  await w.pass(hour)
  expect(await names(w)).toEqual(['ends'])
  await w.pass(hour + 1000)
  expect(await names(w)).toEqual([])
})
