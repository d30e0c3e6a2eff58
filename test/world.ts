// A world for tests: an API server over a memory store, a clock turned by hand, and the ways to speak to it, typed, raw
// and as a watch whose reader can be slow. What its watches are told is held against what was written
// (watch-validator.ts).
import { afterAll, expect, onTestFinished } from 'vitest'
import type { ApiRequest, ApiResponse, ByteSink, Send, User } from '../src/api/wire.ts'
import { type Apiserver, createApiserver } from '../src/apiserver/apiserver.ts'
import type { AuditEvent } from '../src/apiserver/identity/audit.ts'
import { createAuthorizer } from '../src/apiserver/identity/authorize.ts'
import { VirtualClock } from '../src/base/clock.ts'
import { type Log, silentLog } from '../src/base/log.ts'
import { seededRandom } from '../src/base/random.ts'
import { readBody } from '../src/client/body.ts'
import { type Client, createClient } from '../src/client/client.ts'
import { createMemoryStore, type MemoryStoreOptions } from '../src/store/memory.ts'
import type { Store } from '../src/store/store.ts'
import { recordWatches, type WatchRecorder } from './watch-recorder.ts'

export const admin: User = { name: 'admin', groups: ['system:masters', 'system:authenticated'] }

/** What happens in a world is told, not printed: a test that expects no error looks here. */
export interface Told {
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface Asked {
  readonly body?: string | Uint8Array | object
  readonly type?: string
  readonly accept?: string
  readonly userAgent?: string
  readonly user?: User | undefined
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever the server said
  readonly json: any
}

export interface World {
  readonly server: Apiserver
  readonly store: Store
  readonly clock: VirtualClock
  readonly client: Client
  readonly errors: readonly Told[]
  as(user: User): Client
  /** `ask('GET /api/v1/pods?limit=1')`. */
  ask(line: string, asked?: Asked): Promise<Answer>
  watch(path: string, asked?: Asked): Promise<Reader>
  /** The answer as it is, its body unread. */
  send(line: string, asked?: Asked): Promise<ApiResponse>
}

export interface WorldOptions {
  readonly store?: MemoryStoreOptions
  readonly kubelets?: (nodeName: string) => Send | undefined
  readonly durability?: 'default' | 'strict'
  readonly audit?: (event: AuditEvent) => void
}

export async function apiserverWorld(options: WorldOptions = {}): Promise<World> {
  const store = createMemoryStore(options.store)
  const recorder = recordWatches(store)
  const clock = new VirtualClock()
  const errors: Told[] = []
  const log: Log = {
    ...silentLog,
    error: (event, fields = {}) => errors.push({ event, fields }),
    child: () => log,
  }
  const { kubelets, durability, audit } = options
  const made = createApiserver({
    store,
    clock,
    random: seededRandom(1),
    log,
    authorizer: createAuthorizer(),
    ...(kubelets === undefined ? {} : { kubelets }),
    ...(durability === undefined ? {} : { durability }),
    ...(audit === undefined ? {} : { audit }),
  })
  const server = { ...made, handle: recorder.listeningTo(made.handle) }
  checkedAtTheEnd(recorder)
  await server.ready
  const as = (user: User) => createClient({ send: server.handle, user, userAgent: 'test/1' })
  const send = (line: string, asked: Asked = {}) => server.handle(requestOf(line, asked))
  return {
    server,
    store,
    clock,
    errors,
    client: as(admin),
    as,
    send,
    ask: async (line, asked) => answerOf(await send(line, asked)),
    watch: async (path, asked) => new Reader(await send(`GET ${path}`, asked)),
  }
}

/** Some worlds serve several tests: these are looked at again at the end of the file. */
const recorders: WatchRecorder[] = []
afterAll(async () => {
  await settled()
  expect(recorders.flatMap((recorder) => recorder.problems())).toEqual([])
})

/** At the end of the test that made it, too: there it is known which test it was. */
function checkedAtTheEnd(recorder: WatchRecorder): void {
  recorders.push(recorder)
  try {
    onTestFinished(async () => {
      await settled()
      expect(recorder.problems()).toEqual([])
    })
  } catch {
    // Not within a test.
  }
}

export function requestOf(line: string, asked: Asked): ApiRequest {
  const [method = 'GET', url = ''] = line.split(' ')
  const [path = '', query = ''] = url.split('?')
  const { body = '', type, accept, userAgent = 'test/1', headers } = asked
  const bytes = body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return {
    method,
    path,
    query: new URLSearchParams(query),
    headers: { 'content-type': type, accept, 'user-agent': userAgent, ...headers },
    body: bytes,
    user: 'user' in asked ? asked.user : admin,
  }
}

async function answerOf(response: ApiResponse): Promise<Answer> {
  const text = (await readBody(response.body)).toString('utf8')
  const isJson = response.headers['content-type']?.startsWith('application/json') === true
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined }
}

/** Reads a watch as it comes; `slow` makes it a reader that does not keep up. */
export class Reader implements ByteSink {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly chunks: Uint8Array[] = []
  slow = false
  state: 'open' | 'ended' | 'broken' = 'open'
  readonly stop: () => void
  #drained: (() => void)[] = []

  constructor(response: ApiResponse) {
    this.status = response.status
    this.headers = response.headers
    if (response.body.kind !== 'stream') throw new Error(`watch: the answer is no stream, but ${response.status}`)
    this.stop = response.body.start(this)
  }

  write(chunk: Uint8Array): boolean {
    if (this.state !== 'open') return false
    this.chunks.push(chunk)
    return !this.slow
  }

  drained(): Promise<void> {
    return this.slow ? new Promise((resolve) => this.#drained.push(resolve)) : Promise.resolve()
  }

  end(): void {
    this.state = 'ended'
  }

  destroy(): void {
    this.state = 'broken'
  }

  /** The reader has caught up with what it was sent so far, and stays slow. */
  drain(): void {
    for (const resolve of this.#drained.splice(0)) resolve()
  }

  /** Everything read so far. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever the server said
  get events(): any[] {
    const lines = Buffer.concat(this.chunks).toString('utf8').split('\n')
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line))
  }

  /** `ADDED a`, `BOOKMARK`. */
  get told(): string[] {
    return this.events.map(({ type, object }) => [type, object.metadata?.name].filter(Boolean).join(' '))
  }
}

/** Lets everything that waits for nothing but a turn of the event loop happen. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
}
