// WA1 to WA9 of a real program, seen from outside: what one watch of everything tells is held against lists, and what
// all other watches should be told is counted out of it (watch-validator.ts).
import { apiVersionOf, type Resource, resources } from '../src/api/resources.ts'
import type { ApiObject, List } from '../src/api/types.ts'
import { letGo, type Send } from '../src/api/wire.ts'
import { partialMetadata } from '../src/apiserver/present.ts'
import { readBody, readStream } from '../src/client/body.ts'
import { checkWatch, type WatchHistory, type Written } from './watch-validator.ts'
import { type Asked, requestOf } from './world.ts'

export interface OutsideWatches {
  /** What is wrong with what was told up to now; what happened last may be so long on its way. */
  problems(patienceMs?: number): Promise<string[]>
  close(): void
}

/** Each collection once; leases and events come and go by the second, and are what most of a fleet's writes are. */
const followed: readonly Resource[] = resources.filter(
  (resource, i) =>
    resource.verbs.includes('watch') &&
    !['events', 'coordination.k8s.io/leases'].includes(resource.collection) &&
    resources.findIndex((other) => other.collection === resource.collection) === i,
)

export async function watchFromOutside(send: Send): Promise<OutsideWatches> {
  const ask = (line: string, asked: Asked = {}) => send(requestOf(line, asked))
  const collections = await Promise.all(followed.map((resource) => followCollection(ask, resource)))
  return {
    async problems(patienceMs = 5_000) {
      const problems = await Promise.all(collections.map((collection) => collection.problems(patienceMs)))
      return problems.flat()
    },
    close() {
      for (const collection of collections) collection.stop()
    },
  }
}

type Ask = (line: string, asked?: Asked) => ReturnType<Send>

interface Line {
  readonly type: string
  readonly object: ApiObject
}

interface Follower {
  readonly what: string
  readonly lines: Line[]
  readonly hasEnded: () => boolean
  readonly selects: WatchHistory['selects']
  readonly shown: WatchHistory['shown']
  readonly stop: () => void
}

async function followCollection(ask: Ask, resource: Resource) {
  const path = `/${resource.group === '' ? 'api' : 'apis'}/${apiVersionOf(resource)}/${resource.plural}`
  const listed = async (): Promise<List> => {
    const answer = await ask(`GET ${path}`)
    return JSON.parse((await readBody(answer.body)).toString('utf8'))
  }
  const first = await listed()
  const from = versionIn(first.metadata)
  const begin = (more: string, asked: Asked, selects: Follower['selects'], shown: Follower['shown']) =>
    follow(ask, `GET ${path}?watch=true&allowWatchBookmarks=true&resourceVersion=${from}${more}`, asked, selects, shown)
  const whole = await begin(
    '',
    {},
    () => true,
    (object) => object,
  )
  const others = await Promise.all([
    begin(
      '',
      { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' },
      () => true,
      (object) => partialMetadata(object as ApiObject),
    ),
    begin(
      '&labelSelector=app',
      {},
      ({ metadata }) => (metadata as ApiObject['metadata']).labels?.app !== undefined,
      (object) => object,
    ),
    ...(resource.plural === 'pods'
      ? [
          begin(
            '&fieldSelector=spec.nodeName%3Dnode-1',
            {},
            (object) => (object as { spec?: { nodeName?: string } }).spec?.nodeName === 'node-1',
            (object) => object,
          ),
        ]
      : []),
  ])

  /** Everything up to where a list stands is there, or the patience is over. */
  async function problems(patienceMs: number): Promise<string[]> {
    let found: string[] = []
    for (const end = Date.now() + patienceMs; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
      found = await look()
      if (found.length === 0 || Date.now() > end) return found
    }
  }

  async function look(): Promise<string[]> {
    const isOver = whole.hasEnded()
    const last = isOver ? undefined : await listed().catch(() => undefined)
    const upTo = last === undefined ? newestIn(whole.lines) : versionIn(last.metadata)
    const { written, state, problems } = replay(first, within(whole.lines, upTo), whole.what)
    if (last !== undefined) problems.push(...compare(state, last, whole.what))
    const history = ({ what, lines, hasEnded, selects, shown }: Follower): WatchHistory => {
      const events = within(lines, upTo)
      const end = hasEnded() || isOver ? 'ended' : 'open'
      const common = { what, from, present: [], startedAt: from, written, selects, shown, events, end } as const
      return { ...common, caughtUp: true, toldAfterEnd: false }
    }
    return [...problems, ...[whole, ...others].flatMap((follower) => checkWatch(history(follower)))]
  }

  const stop = () => {
    for (const follower of [whole, ...others]) follower.stop()
  }
  return { problems, stop }
}

async function follow(
  ask: Ask,
  line: string,
  asked: Asked,
  selects: Follower['selects'],
  shown: Follower['shown'],
): Promise<Follower> {
  const answer = await ask(line, asked)
  if (answer.status !== 200 || answer.body.kind !== 'stream') {
    letGo(answer.body)
    throw new Error(`${line}: ${answer.status}`)
  }
  const lines: Line[] = []
  const stopping = new AbortController()
  let ended = false
  const { body } = answer
  void (async () => {
    let rest = ''
    const decoder = new TextDecoder()
    for await (const chunk of readStream(body, stopping.signal)) {
      rest += decoder.decode(chunk, { stream: true })
      const parts = rest.split('\n')
      rest = parts.pop() ?? ''
      for (const part of parts) if (part !== '') lines.push(JSON.parse(part))
    }
  })()
    // A server that is killed ends it in the middle: nothing after that is asked for.
    .catch(() => {})
    .finally(() => {
      ended = true
    })
  return { what: line, lines, hasEnded: () => ended, selects, shown, stop: () => stopping.abort() }
}

/** What must have been written for the watch of everything to be told this. */
function replay(first: List, lines: readonly Line[], what: string) {
  const state = new Map(first.items.map((object) => [keyOf(object), object]))
  const written: Written[] = []
  const problems: string[] = []
  let newest = 0
  for (const { type, object } of lines) {
    if (type === 'BOOKMARK' || type === 'ERROR') continue
    const key = keyOf(object)
    const previous = state.get(key)
    const revision = versionIn(object.metadata)
    if (revision <= newest) problems.push(`WA1 or WA2: ${type} ${key} at ${revision}, after ${newest} (${what})`)
    newest = Math.max(newest, revision)
    if ((type === 'ADDED') !== (previous === undefined)) problems.push(`WA7 ${type} ${key} at ${revision} (${what})`)
    if (type === 'DELETED') state.delete(key)
    else state.set(key, object)
    const kind = type === 'DELETED' ? 'deleted' : previous === undefined ? 'created' : 'updated'
    written.push({ revision, type: kind, object, previous })
  }
  return { written, state, problems }
}

/** Nothing was left out on the way (WA3), and nothing is missing at the end (WA9). */
function compare(state: ReadonlyMap<string, ApiObject>, { items }: List, what: string): string[] {
  const print = (objects: Iterable<ApiObject>) =>
    [...objects].map((object) => `${keyOf(object)}@${object.metadata.resourceVersion}`).sort()
  const [told, there] = [print(state.values()), print(items)]
  const differing = [
    ...there.filter((one) => !told.includes(one)),
    ...told.filter((one) => !there.includes(one)).map((one) => `${one}, which is not there`),
  ]
  return differing.length === 0 ? [] : [`WA3 or WA9: not told ${differing.slice(0, 5).join(', ')} (${what})`]
}

function within(lines: readonly Line[], upTo: number): Line[] {
  return lines.filter(({ type, object }) => type === 'ERROR' || versionIn(object.metadata) <= upTo)
}

function newestIn(lines: readonly Line[]): number {
  return Math.max(0, ...lines.map(({ object }) => versionIn(object.metadata)))
}

function keyOf({ metadata }: ApiObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}

function versionIn(metadata: { readonly resourceVersion?: string } | undefined): number {
  return Number(metadata?.resourceVersion ?? 0)
}
