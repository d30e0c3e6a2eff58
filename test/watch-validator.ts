// What must hold of every watch (WA1 to WA9), asked of what one was told, given everything that was written. Nothing here
// knows how a watch is made: it counts out what should have been told, and compares.

/** An object as far as a watch is concerned. */
export interface WatchedObject {
  readonly metadata: { readonly name?: string; readonly namespace?: string; readonly resourceVersion?: string }
}

/** One write to the collection, in the order of revisions; the objects in the words of whoever watches. */
export interface Written {
  readonly revision: number
  readonly type: 'created' | 'updated' | 'deleted'
  readonly object: WatchedObject
  readonly previous: WatchedObject | undefined
}

export interface WatchHistory {
  /** The request, for messages. */
  readonly what: string
  /** Where it starts: after a revision, or with what is there. */
  readonly from: number | 'present'
  /** What was there when it started, and at which revision that was. */
  readonly present: readonly WatchedObject[]
  readonly startedAt: number
  /** Everything that was written since, and before as far as it matters. */
  readonly written: readonly Written[]
  readonly selects: (object: WatchedObject) => boolean
  /** What of an object is told. */
  readonly shown: (object: WatchedObject) => unknown
  readonly events: readonly { readonly type: string; readonly object: unknown }[]
  /** 'left': its reader went. */
  readonly end: 'open' | 'ended' | 'left'
  /** Its reader has taken everything that was sent. */
  readonly caughtUp: boolean
  /** Something was sent after the end. */
  readonly toldAfterEnd: boolean
}

interface Expected {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly revision: number
  readonly object: unknown
  /** One of those that are there at the start: their versions are in no order. */
  readonly isInitial: boolean
}

export function checkWatch(history: WatchHistory): string[] {
  const problems: string[] = []
  const problem = (rule: string, why: string) => problems.push(`${rule} ${why} (${history.what})`)
  const expected = expectedOf(history)
  const initial = expected.filter(({ isInitial }) => isInitial).length
  let told = 0
  let newest = history.from === 'present' ? history.startedAt : history.from
  let marked = 0
  for (const [index, { type, object }] of history.events.entries()) {
    if (type === 'ERROR') {
      const { code, reason } = object as { code?: number; reason?: string }
      if (code !== 410 || reason !== 'Expired') problem('WA5', `it failed with ${code} ${reason}, not with 410 Expired`)
      if (index !== history.events.length - 1 || history.end === 'open') problem('WA5', 'it went on after an error')
      return problems
    }
    const revision = revisionOf(object)
    if (type === 'BOOKMARK') {
      if (revision < newest) problem('WA6', `a bookmark at ${revision}, after what happened at ${newest}`)
      const missed = expected.slice(told).find((one) => one.isInitial || one.revision <= revision)
      if (missed !== undefined) problem('WA6', `a bookmark at ${revision}, but ${print(missed)} was not told`)
      marked = Math.max(marked, revision)
      continue
    }
    const next = expected[told]
    const isInitial = told < initial
    if (!isInitial && revision <= newest) {
      const again = expected.slice(0, told).some((one) => !one.isInitial && one.revision === revision)
      problem(again ? 'WA2' : 'WA1', `${type} at ${revision}, after what happened at ${newest}`)
      return problems
    }
    if (!isInitial && revision <= marked) problem('WA6', `${type} at ${revision}, after a bookmark at ${marked}`)
    if (next === undefined || next.revision !== revision) {
      const later = expected.slice(told).findIndex((one) => one.revision === revision)
      if (next !== undefined && later >= 0) problem('WA3', `${print(next)} was left out before ${type} at ${revision}`)
      else problem('WA8', `${type} at ${revision}, which it does not select`)
      return problems
    }
    if (next.type !== type) problem('WA7', `${type} at ${revision}, which is ${next.type} to it`)
    if (next.object !== undefined && JSON.stringify(object) !== JSON.stringify(next.object)) {
      problem('WA4', `${type} at ${revision} tells another state than was written`)
    }
    told++
    if (!isInitial) newest = revision
  }
  if (history.toldAfterEnd) problem('WA9', 'it was told something after its end')
  const left = expected[told]
  if (history.end === 'open' && history.caughtUp && left !== undefined) {
    problem('WA9', `it is still open, and ${print(left)} was not told`)
  }
  return problems
}

/** In order: what is there at the start, then what each write means to it (W7.4). */
function expectedOf({ from, present, startedAt, written, selects, shown }: WatchHistory): Expected[] {
  const after = from === 'present' ? startedAt : from
  const initial = from === 'present' ? present.filter(selects) : []
  return [
    ...initial.map((object) => {
      return { type: 'ADDED' as const, revision: versionOf(object), object: shown(object), isInitial: true }
    }),
    ...written
      .filter(({ revision }) => revision > after)
      .flatMap(({ revision, type, object, previous }): Expected[] => {
        const was = previous !== undefined && selects(previous)
        const is = type !== 'deleted' && selects(object)
        if (!was && !is) return []
        const isInitial = false
        if (is) return [{ type: was ? 'MODIFIED' : 'ADDED', revision, object: shown(object), isInitial }]
        const last = type === 'deleted' ? object : withVersion(previous!, revision)
        return [{ type: 'DELETED', revision, object: shown(last), isInitial }]
      }),
  ]
}

function withVersion(object: WatchedObject, revision: number): WatchedObject {
  const { metadata, ...rest } = object
  const entries = Object.entries({ ...metadata }).map(([name, value]) => {
    return [name, name === 'resourceVersion' ? String(revision) : value]
  })
  // In the order of the fields as they were: the comparison is one of texts.
  return Object.fromEntries(
    Object.keys(object).map((key) => [key, key === 'metadata' ? Object.fromEntries(entries) : rest[key as never]]),
  ) as unknown as WatchedObject
}

function versionOf({ metadata }: WatchedObject): number {
  return Number(metadata.resourceVersion)
}

function revisionOf(object: unknown): number {
  return versionOf(object as WatchedObject)
}

function print({ type, revision }: Expected): string {
  return `${type} at ${revision}`
}
