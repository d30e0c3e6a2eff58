// A store that remembers whose request made each write, and whether it was shown: who did what is known for certain, and
// not guessed from what the objects look like.

import type { Store, StoreEvent } from '../store/store.ts'
import type { Exchange } from './exchange.ts'

export interface Recorder {
  /** Who writes at this moment. */
  readonly writer: () => Exchange | undefined
  /** A revision was given to a write. */
  readonly onDecided: (collection: string, key: string, revision: number, what: 'put' | 'deleted') => void
  /** Every event of every collection, in the order of the revisions. */
  readonly onEvent: (event: StoreEvent, by: Exchange | undefined) => void
}

export function recordingStore(store: Store, { writer, onDecided, onEvent }: Recorder): Store {
  const writers = new Map<number, Exchange | undefined>()
  const subscribed = new Set<string>()
  function subscribe(collection: string): void {
    if (subscribed.has(collection)) return
    subscribed.add(collection)
    store.subscribe(collection, (event) => {
      const by = writers.get(event.revision)
      writers.delete(event.revision)
      onEvent(event, by)
    })
  }
  for (const collection of store.collections()) subscribe(collection)
  return {
    get revision() {
      return store.revision
    },
    get: (collection, key) => store.get(collection, key),
    head: (collection, key) => store.head(collection, key),
    list: (collection, options) => store.list(collection, options),
    count: (collection, prefix) => store.count(collection, prefix),
    collections: () => store.collections(),
    eventsAfter: (collection, revision) => store.eventsAfter(collection, revision),
    subscribe: (collection, listener) => {
      // First of all listeners: what is wrong is seen before anybody acts on it.
      subscribe(collection)
      return store.subscribe(collection, listener)
    },
    compact: (revision) => store.compact(revision),
    close: () => store.close(),
    write(options) {
      subscribe(options.collection)
      const by = writer()
      return store.write({
        ...options,
        encode: (revision) => {
          writers.set(revision, by)
          onDecided(options.collection, options.key, revision, options.delete === true ? 'deleted' : 'put')
          return options.encode(revision)
        },
      })
    },
  }
}
