import { expect, test } from 'vitest'
import { pods } from '../api/resources.ts'
import type { ApiObject } from '../api/types.ts'
import type { ApiRequest, ApiResponse, ByteSink } from '../api/wire.ts'
import { VirtualClock } from '../base/clock.ts'
import { seededRandom } from '../base/random.ts'
import { createClient, Unreachable } from './client.ts'
import { createInformer } from './informer.ts'

/** A server whose every answer is given by the test, one request after the other. */
class Script {
  readonly asked: string[] = []
  #answers: ((request: ApiRequest) => ApiResponse)[] = []
  sink: ByteSink | undefined
  watchesStopped = 0

  send = async (request: ApiRequest): Promise<ApiResponse> => {
    const { watch, limit, resourceVersion, continue: token } = Object.fromEntries(request.query as URLSearchParams)
    const parts = [watch === 'true' ? 'watch' : 'list', resourceVersion && `rv=${resourceVersion}`]
    parts.push(limit && `limit=${limit}`, token && `continue=${token}`)
    this.asked.push(parts.filter(Boolean).join(' '))
    const answer = this.#answers.shift()
    if (answer === undefined) throw new Unreachable('the script has no more answers')
    return answer(request)
  }

  answerWith(...answers: ((request: ApiRequest) => ApiResponse)[]): void {
    this.#answers.push(...answers)
  }

  list(resourceVersion: string, items: ApiObject[], token?: string): () => ApiResponse {
    const metadata = { resourceVersion, ...(token === undefined ? {} : { continue: token }) }
    return () => json(200, { kind: 'PodList', apiVersion: 'v1', metadata, items })
  }

  watch(): () => ApiResponse {
    const start = (sink: ByteSink) => {
      this.sink = sink
      return () => {
        this.watchesStopped++
      }
    }
    return () => ({ status: 200, headers: {}, body: { kind: 'stream', start } })
  }

  tell(type: string, object: object): void {
    this.sink!.write(Buffer.from(`${JSON.stringify({ type, object })}\n`))
  }
}

function json(status: number, body: object): ApiResponse {
  return { status, headers: {}, body: { kind: 'bytes', bytes: Buffer.from(JSON.stringify(body)) } }
}

const gone = { kind: 'Status', status: 'Failure', message: 'too old', reason: 'Expired', code: 410 }

const pod = (name: string, resourceVersion: string, node = 'n1'): ApiObject => {
  const object = {
    metadata: { namespace: 'default', name, uid: `u-${name}`, resourceVersion },
    spec: { nodeName: node },
  }
  return object
}

function world() {
  const script = new Script()
  const clock = new VirtualClock()
  const client = createClient({ send: script.send, userAgent: 'test/1' })
  const heard: string[] = []
  const informer = createInformer<ApiObject & { spec?: { nodeName?: string } }>({
    client,
    resource: pods,
    clock,
    random: seededRandom(1),
    indexes: { node: (pod) => [pod.spec?.nodeName ?? ''] },
  })
  informer.onChange(({ type, object }) => heard.push(`${type} ${object.metadata.name}`))
  return { script, clock, informer, heard }
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

test('W16.1 pages are gathered into one list, then a watch begins at its version', async () => {
  const { script, informer, heard } = world()
  script.answerWith(script.list('7', [pod('a', '5')], 't1'), script.list('7', [pod('b', '6')]), script.watch())
  const stop = informer.start()
  await informer.synced
  await settle()
  expect(script.asked).toEqual(['list limit=500', 'list limit=500 continue=t1', 'watch rv=7'])
  expect(heard).toEqual(['added a', 'added b'])
  expect(informer.get('default/a')).toMatchObject({ kind: 'Pod', apiVersion: 'v1' })
  expect(informer.revision).toBe(7)
  stop()
  await settle()
  expect(script.watchesStopped).toBe(1)
})

test('events and bookmarks move the cache on, and a clean end resumes from the last version', async () => {
  const { script, clock, informer, heard } = world()
  script.answerWith(script.list('7', []), script.watch(), script.watch())
  const stop = informer.start()
  await settle()
  script.tell('ADDED', pod('a', '8'))
  script.tell('MODIFIED', pod('a', '9', 'n2'))
  script.tell('BOOKMARK', { metadata: { resourceVersion: '12', creationTimestamp: null } })
  await settle()
  expect(informer.byIndex('node', 'n2').map((p) => p.metadata.name)).toEqual(['a'])
  expect(informer.byIndex('node', 'n1')).toEqual([])
  clock.advance(60_000)
  script.sink!.end()
  await settle()
  expect(script.asked.slice(1)).toEqual(['watch rv=7', 'watch rv=12'])
  script.tell('DELETED', pod('a', '13', 'n2'))
  await settle()
  expect(heard).toEqual(['added a', 'updated a', 'deleted a'])
  expect([informer.list(), informer.revision]).toEqual([[], 13])
  stop()
})

test('W7.3 a forgotten version means a new list: only differences are told, unchanged objects stay', async () => {
  const { script, informer, heard } = world()
  script.answerWith(script.list('7', [pod('a', '5'), pod('b', '6')]), script.watch())
  script.answerWith(script.list('20', [pod('a', '5'), pod('c', '19')]), script.watch())
  const stop = informer.start()
  await settle()
  const before = informer.get('default/a')
  heard.length = 0
  script.tell('ERROR', gone)
  await settle()
  expect(heard).toEqual(['deleted b', 'added c'])
  expect(informer.get('default/a')).toBe(before)
  expect(script.asked.slice(2)).toEqual(['list limit=500', 'watch rv=20'])
  stop()
})

test('410 as an answer, and a 410 in the middle of a paged list, are understood too (W6.5)', async () => {
  const { script, clock, informer } = world()
  script.answerWith(script.list('7', [pod('a', '5')], 't1'), () => json(410, gone), script.list('9', [pod('a', '5')]))
  script.answerWith(() => json(410, gone), script.list('11', []), script.watch())
  const stop = informer.start()
  await settle()
  expect(script.asked).toEqual(['list limit=500', 'list limit=500 continue=t1', 'list', 'watch rv=9'])
  clock.advance(1600)
  await settle()
  expect(script.asked.slice(4)).toEqual(['list limit=500', 'watch rv=11'])
  expect(informer.list()).toEqual([])
  stop()
})

test('W16.1 while the server is away it is asked again after 0.8 s, then longer and longer, and nothing is lost', async () => {
  const { script, clock, informer, heard } = world()
  script.answerWith(script.list('7', [pod('a', '5')]), script.watch())
  const stop = informer.start()
  await settle()
  script.sink!.destroy()
  await settle()
  const rests: number[] = []
  for (let i = 0; i < 8; i++) {
    rests.push(clock.untilNext()!)
    clock.advance(clock.untilNext()!)
    await settle()
  }
  const bounds = [800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]
  bounds.forEach((bound, i) => {
    expect(rests[i]).toBeGreaterThanOrEqual(bound)
    expect(rests[i]).toBeLessThanOrEqual(2 * bound)
  })
  expect(script.asked.slice(2).every((asked) => asked === 'watch rv=7')).toBe(true)
  script.answerWith(script.watch())
  clock.advance(60_000)
  await settle()
  script.tell('MODIFIED', pod('a', '8'))
  await settle()
  expect(heard).toEqual(['added a', 'updated a'])
  stop()
})

test('a watch that hangs beyond its time is broken off and resumed', async () => {
  const { script, clock, informer } = world()
  script.answerWith(script.list('7', []), script.watch(), script.watch())
  const stop = informer.start()
  await settle()
  clock.advance(631_000)
  await settle()
  expect([script.asked.length, script.watchesStopped]).toEqual([3, 1])
  stop()
})

test('after stop nothing is asked and nothing is told', async () => {
  const { script, clock, informer, heard } = world()
  script.answerWith(script.list('7', []), script.watch())
  const stop = informer.start()
  await settle()
  stop()
  script.tell('ADDED', pod('a', '8'))
  await settle()
  clock.advance(1_000_000)
  await settle()
  expect([heard, script.asked.length, script.watchesStopped]).toEqual([[], 2, 1])
})
