// How a collection is followed: list it in pages, watch from there, and what to do when either breaks. The protocol is
// a union and one pure `step`; informer.ts feeds it what it heard and does what the state says.
// Upstream: client-go/tools/cache/reflector.go.

import type { ApiObject } from '../api/types.ts'
import { type Backoff, backoffMs } from '../base/backoff.ts'
import type { WatchEvent } from './watch.ts'

/** What to do next: fetch a page, or watch; after resting `restMs`. */
export type Following<T> =
  | {
      readonly at: 'listing'
      /** Where the next page starts; undefined: at the beginning. */
      readonly continueToken: string | undefined
      /** What the pages so far held. */
      readonly pages: readonly (readonly T[])[]
      /** False after a continue token expired: the whole collection in one answer (W6.5). */
      readonly paged: boolean
      readonly failures: number
      readonly restMs: number
    }
  | {
      readonly at: 'watching'
      /** Everything up to here is known. */
      readonly resourceVersion: string
      readonly failures: number
      readonly restMs: number
    }

export type Heard<T extends ApiObject> =
  | {
      readonly heard: 'page'
      readonly items: readonly T[]
      readonly resourceVersion: string
      readonly continueToken: string | undefined
    }
  | { readonly heard: 'event'; readonly event: WatchEvent<T> }
  /** The server ended the watch cleanly; `short`: at once, without an event (W16.3). */
  | { readonly heard: 'end'; readonly short: boolean }
  /** The version or the token we had is forgotten: 410. */
  | { readonly heard: 'gone' }
  | { readonly heard: 'failure'; readonly retryAfterMs: number }

/** What the cache must do. */
export type CacheChange<T extends ApiObject> =
  | { readonly do: 'replace'; readonly items: readonly T[]; readonly resourceVersion: string }
  | { readonly do: 'put'; readonly object: T }
  | { readonly do: 'remove'; readonly object: T }
  /** Nothing changed up to here. */
  | { readonly do: 'note'; readonly resourceVersion: string }

/** W16.1. The shell stretches every rest by up to its own length, so that a herd spreads. */
export const followBackoff: Backoff = { initialMs: 800, maxMs: 30_000 }

export const beginning = {
  at: 'listing',
  continueToken: undefined,
  pages: [],
  paged: true,
  failures: 0,
  restMs: 0,
} as const satisfies Following<never>

export function step<T extends ApiObject>(
  state: Following<T>,
  heard: Heard<T>,
): [next: Following<T>, change: CacheChange<T> | undefined] {
  switch (heard.heard) {
    case 'page':
      return state.at === 'listing' ? turnPage(state, heard) : [state, undefined]
    case 'event':
      return state.at === 'watching' ? takeEvent(heard.event) : [state, undefined]
    case 'end':
      return [heard.short ? rested(state) : { ...state, failures: 0, restMs: 0 }, undefined]
    case 'gone':
      return [startOver(state), undefined]
    case 'failure':
      return [rested(state, heard.retryAfterMs), undefined]
    default:
      return heard satisfies never
  }
}

function turnPage<T extends ApiObject>(
  state: Following<T> & { at: 'listing' },
  page: Heard<T> & { heard: 'page' },
): [Following<T>, CacheChange<T> | undefined] {
  const pages = [...state.pages, page.items]
  const { resourceVersion, continueToken } = page
  if (continueToken !== undefined) return [{ ...state, pages, continueToken, restMs: 0 }, undefined]
  // A list that worked is no proof that the watch will: only an event makes the failures forgotten, or a server that
  // remembers too little would be listed in a tight loop.
  return [
    { at: 'watching', resourceVersion, failures: state.failures, restMs: 0 },
    { do: 'replace', items: pages.flat(), resourceVersion },
  ]
}

function takeEvent<T extends ApiObject>({ type, object }: WatchEvent<T>): [Following<T>, CacheChange<T>] {
  const resourceVersion = object.metadata.resourceVersion ?? ''
  const next = { at: 'watching', resourceVersion, failures: 0, restMs: 0 } as const
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return [next, { do: 'put', object }]
    case 'DELETED':
      return [next, { do: 'remove', object }]
    case 'BOOKMARK':
      return [next, { do: 'note', resourceVersion }]
    default:
      return type satisfies never
  }
}

/** A forgotten version costs nothing the first time; a second one in a row must rest. */
function startOver<T>(state: Following<T>): Following<T> {
  const failures = state.failures + 1
  const paged = state.at === 'watching' || (state.paged && state.continueToken === undefined)
  return { ...beginning, paged, failures, restMs: failures === 1 ? 0 : backoffMs(followBackoff, failures - 1) }
}

/** The same again, later. */
function rested<T>(state: Following<T>, atLeastMs = 0): Following<T> {
  const failures = state.failures + 1
  return { ...state, failures, restMs: Math.max(atLeastMs, backoffMs(followBackoff, failures)) }
}
