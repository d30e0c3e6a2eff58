import { expect, onTestFinished, test } from 'vitest'
import { agentWorld, settle } from '../../test/agent-world.ts'
import { pods } from '../api/resources.ts'
import { readBody } from '../client/body.ts'

async function world() {
  const made = await agentWorld()
  onTestFinished(async () => {
    await made.fleet.stop()
    made.server.close()
  })
  await made.addNode('n1')
  const ask = async (path: string) => {
    const [route = '', query = ''] = path.split('?')
    const answer = await made.fleet.kubelet('n1')!({
      method: 'GET',
      path: route,
      query: new URLSearchParams(query),
      headers: {},
      body: new Uint8Array(),
      user: undefined,
    })
    return { status: answer.status, text: (await readBody(answer.body)).toString('utf8') }
  }
  return { ...made, kubelet: ask }
}

const errors: [path: string, status: number, text: string][] = [
  ['/containerLogs', 400, '{"message": "Missing podID."}'],
  ['/containerLogs/default/p', 400, '{"message": "Missing container name."}'],
  ['/containerLogs/default/nope/main', 404, 'pod "nope" does not exist'],
  ['/containerLogs/other/p/main', 404, 'pod "p" does not exist'],
  ['/containerLogs/default/p/side', 404, 'container "side" not found in pod "p"'],
  ['/containerLogs/default/p/main?previous=true', 400, 'previous terminated container "main" in pod "p" not found'],
  [
    '/containerLogs/default/pull/main',
    400,
    'container "main" in pod "pull" is waiting to start: trying and failing to pull image',
  ],
  ['/containerLogs/default/slow/main', 400, 'container "main" in pod "slow" is waiting to start: ContainerCreating'],
  ['/elsewhere', 404, '404 page not found'],
  ['/healthz', 200, 'ok'],
]

test('W12.4 the kubelet says why there is no log, in its own words', async () => {
  const { addPod, kubelet, pass } = await world()
  await addPod('p', 'n1')
  await addPod('pull', 'n1', {}, { 'simulated.everynode.dev/pull-error': 'denied' })
  await addPod('slow', 'n1', {}, { 'simulated.everynode.dev/start-ms': '60000' })
  await pass(3000)
  for (const [path, status, text] of errors) expect([path, await kubelet(path)]).toEqual([path, { status, text }])
})

test('W12.4 tailLines, sinceSeconds, limitBytes and timestamps choose what is read', async () => {
  const { addPod, kubelet, pass } = await world()
  await addPod('p', 'n1', {}, { 'simulated.everynode.dev/log-every-ms': '1000' })
  await pass(5600)
  const read = async (query: string) => (await kubelet(`/containerLogs/default/p/main?${query}`)).text
  const lines = [
    'simulated container main: started on node n1, image app:1',
    ...[1, 2, 3, 4, 5].map((i) => `simulated container main: line ${i}`),
  ]
  expect(await read('')).toBe(`${lines.join('\n')}\n`)
  expect(await read('tailLines=2')).toBe(`${lines.slice(-2).join('\n')}\n`)
  expect(await read('tailLines=0')).toBe('')
  expect(await read('sinceSeconds=2')).toBe(`${lines.slice(-2).join('\n')}\n`)
  expect(await read('limitBytes=10')).toBe('simulated ')
  expect(await read('tailLines=1&timestamps=true')).toBe(`2026-01-01T00:00:05.100000000Z ${lines.at(-1)}\n`)
})

test('W12.4 following: what comes is told as it comes, until the container ends or the reader goes', async () => {
  const { addPod, watch, pass, client } = await world()
  await addPod('p', 'n1', {}, { 'simulated.everynode.dev/log-every-ms': '1000' })
  await pass(1600)
  const log = '/api/v1/namespaces/default/pods/p/log?container=main&follow=true&tailLines=1'
  const [stays, goes] = [await watch(log), await watch(log)]
  await pass(1000)
  goes.stop()
  await pass(1000)
  const linesOf = (reader: typeof stays) => Buffer.concat(reader.chunks).toString('utf8').trim().split('\n')
  expect(linesOf(stays).map((line) => line.slice(-6))).toEqual(['line 1', 'line 2', 'line 3'])
  expect(linesOf(goes)).toHaveLength(2)
  await client.delete(pods, { namespace: 'default', name: 'p' })
  await pass(1000)
  await settle()
  expect([stays.state, linesOf(stays).at(-1)]).toEqual(['ended', 'simulated container main: stopped, exit code 0'])
})

test('W12.4 previous: the log of the run before', async () => {
  const { addPod, kubelet, pass } = await world()
  const annotations = { 'simulated.everynode.dev/exit-after-ms': '5000', 'simulated.everynode.dev/exit-code': '7' }
  await addPod('p', 'n1', {}, annotations)
  await pass(9000)
  const lastLine = async (query: string) =>
    (await kubelet(`/containerLogs/default/p/main${query}`)).text.trim().split('\n').at(-1)
  expect(await lastLine('')).toContain('started')
  expect(await lastLine('?previous=true')).toBe('simulated container main: ended by itself, exit code 7')
})
