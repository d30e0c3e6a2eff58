import { expect, test } from 'vitest'
import type { ApiObject } from '../api/types.ts'
import { beginning, type CacheChange, type Following, type Heard, step } from './list-watch.ts'

const object = (name: string, resourceVersion: string): ApiObject => ({ metadata: { name, resourceVersion } })
const [a5, b6] = [object('a', '5'), object('b', '6')]

const listing = (more: Partial<Following<ApiObject> & { at: 'listing' }> = {}): Following<ApiObject> => ({
  ...beginning,
  ...more,
})
const watching = (resourceVersion: string, failures = 0, restMs = 0): Following<ApiObject> => ({
  at: 'watching',
  resourceVersion,
  failures,
  restMs,
})
const page = (items: ApiObject[], resourceVersion: string, continueToken?: string): Heard<ApiObject> => ({
  heard: 'page',
  items,
  resourceVersion,
  continueToken,
})
const event = (type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK', object: ApiObject): Heard<ApiObject> => ({
  heard: 'event',
  event: { type, object },
})
const failure = (retryAfterMs = 0): Heard<ApiObject> => ({ heard: 'failure', retryAfterMs })
const gone: Heard<ApiObject> = { heard: 'gone' }

type Row = [
  name: string,
  from: Following<ApiObject>,
  heard: Heard<ApiObject>,
  to: Following<ApiObject>,
  change?: CacheChange<ApiObject>,
]

const table: Row[] = [
  [
    'one page is the list',
    listing(),
    page([a5], '7'),
    watching('7'),
    { do: 'replace', items: [a5], resourceVersion: '7' },
  ],
  [
    'an empty list is a list',
    listing(),
    page([], '7'),
    watching('7'),
    { do: 'replace', items: [], resourceVersion: '7' },
  ],
  ['a first page leads to the next', listing(), page([a5], '7', 't'), listing({ pages: [[a5]], continueToken: 't' })],
  [
    'the last page completes the list',
    listing({ pages: [[a5]], continueToken: 't' }),
    page([b6], '7'),
    watching('7'),
    { do: 'replace', items: [a5, b6], resourceVersion: '7' },
  ],
  ['ADDED is put', watching('4', 3), event('ADDED', a5), watching('5'), { do: 'put', object: a5 }],
  ['MODIFIED is put', watching('4'), event('MODIFIED', a5), watching('5'), { do: 'put', object: a5 }],
  ['DELETED is removed', watching('4'), event('DELETED', a5), watching('5'), { do: 'remove', object: a5 }],
  [
    'BOOKMARK moves on (W7.5)',
    watching('4'),
    event('BOOKMARK', a5),
    watching('5'),
    { do: 'note', resourceVersion: '5' },
  ],
  ['a clean end: watch again from there (W7.7)', watching('9', 2), { heard: 'end', short: false }, watching('9')],
  ['a very short watch rests (W16.3)', watching('9'), { heard: 'end', short: true }, watching('9', 1, 800)],
  ['a failed watch keeps its version (W16.1)', watching('9'), failure(), watching('9', 1, 800)],
  ['rests grow', watching('9', 3, 3200), failure(), watching('9', 4, 6400)],
  ['rests end at 30 s', watching('9', 40, 30_000), failure(), watching('9', 41, 30_000)],
  ['Retry-After is a floor (W6.6)', watching('9'), failure(5000), watching('9', 1, 5000)],
  ['410 on a watch: list at once (W7.3)', watching('9'), gone, listing({ failures: 1 })],
  ['410 again and again rests', watching('9', 1), gone, listing({ failures: 2, restMs: 800 })],
  [
    'a list does not forget failures',
    listing({ failures: 2 }),
    page([], '7'),
    watching('7', 2),
    { do: 'replace', items: [], resourceVersion: '7' },
  ],
  [
    'a failed page is fetched again',
    listing({ pages: [[a5]], continueToken: 't' }),
    failure(),
    listing({ pages: [[a5]], continueToken: 't', failures: 1, restMs: 800 }),
  ],
  [
    'an expired token: everything in one answer (W6.5)',
    listing({ pages: [[a5]], continueToken: 't' }),
    gone,
    listing({ paged: false, failures: 1 }),
  ],
]

test.each(table)('%s', (_name, from, heard, to, change) => {
  expect(step(from, heard)).toEqual([to, change])
})
