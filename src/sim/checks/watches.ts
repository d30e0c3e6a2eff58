// WA1 to WA9: what the server writes to a watch, before the network touches it: in order, each once, nothing missing,
// and never a bookmark that promises too much. Watches that select nothing are held to the store's own history.

import type { StoreEvent } from '../../store/store.ts'
import type { Exchange } from '../exchange.ts'
import type { Judging } from './check.ts'

interface Followed {
  /** Told, or known to have been passed over, up to here. */
  toldTo: number
  isOver: boolean
}

interface Line {
  readonly type: string
  readonly object: { readonly metadata?: { readonly resourceVersion?: string; readonly name?: string } }
}

export class Watches {
  readonly #violated: Judging['violated']
  readonly #followed = new Map<number, Followed>()
  readonly #history = new Map<string, number[]>()

  constructor({ violated }: Pick<Judging, 'violated'>) {
    this.#violated = violated
  }

  change(event: StoreEvent): void {
    const history = this.#history.get(event.collection) ?? []
    history.push(event.revision)
    this.#history.set(event.collection, history)
  }

  line({ id, who, request }: Exchange, bytes: Uint8Array): void {
    if (request.path.endsWith('/log')) return
    const start = Number(request.query.get('resourceVersion') ?? 0)
    // What is there first comes in the order of names.
    if (start === 0) return
    const followed = this.#followed.get(id) ?? { toldTo: start, isOver: false }
    this.#followed.set(id, followed)
    const { type, object }: Line = JSON.parse(Buffer.from(bytes).toString('utf8'))
    const what = `watch ${request.path} of ${who}`
    if (followed.isOver) this.#violated('WA9', `${what}: told something after the end`)
    if (type === 'ERROR') {
      followed.isOver = true
      return
    }
    const revision = Number(object.metadata?.resourceVersion)
    if (type === 'BOOKMARK') {
      if (revision < followed.toldTo) this.#violated('WA6', `${what}: bookmark ${revision} after ${followed.toldTo}`)
    } else if (revision <= followed.toldTo) {
      this.#violated('WA1', `${what}: ${type} ${object.metadata?.name} at ${revision} after ${followed.toldTo}`)
    }
    const selects = request.query.has('labelSelector') || request.query.has('fieldSelector')
    if (!selects) this.#isComplete(request.path, what, followed.toldTo, revision, type)
    followed.toldTo = Math.max(followed.toldTo, revision)
  }

  /** Nothing happened between what was told last and this. */
  #isComplete(path: string, what: string, after: number, revision: number, type: string): void {
    const history = this.#history.get(collectionOf(path)) ?? []
    for (let i = history.length - 1; i >= 0 && history[i]! > after; i--) {
      const missed = history[i]!
      if (missed < revision || (type === 'BOOKMARK' && missed === revision)) {
        this.#violated('WA3', `${what}: revision ${missed} was passed over, next came ${type} ${revision}`)
      }
    }
  }
}

/** `/apis/apps/v1/daemonsets` → `apps/daemonsets`: of watches of all namespaces. */
function collectionOf(path: string): string {
  const [, root, group, version, plural] = path.split('/')
  return root === 'api' ? (version ?? '') : plural === undefined ? '' : `${group}/${plural}`
}
