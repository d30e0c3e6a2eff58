import { expect, test } from 'vitest'
import { recordWatches } from './watch-recorder.ts'
import { checkWatch, type WatchedObject, type WatchHistory, type Written } from './watch-validator.ts'
import { apiserverWorld, settled } from './world.ts'

const named = (name: string, version: number, mine = true): WatchedObject & { mine: boolean } => {
  return { metadata: { name, resourceVersion: String(version) }, mine }
}
const created = (name: string, version: number, mine = true): Written => {
  return { revision: version, type: 'created', object: named(name, version, mine), previous: undefined }
}
const updated = (name: string, version: number, before: number, [was, is] = [true, true]): Written => {
  return { revision: version, type: 'updated', object: named(name, version, is), previous: named(name, before, was) }
}
const written = [
  created('a', 2),
  created('b', 3, false),
  updated('a', 4, 2),
  updated('b', 5, 3, [false, true]),
  updated('a', 6, 4, [true, false]),
  created('c', 7, false),
]
const told = [
  { type: 'ADDED', object: named('a', 2) },
  { type: 'MODIFIED', object: named('a', 4) },
  { type: 'ADDED', object: named('b', 5) },
  { type: 'DELETED', object: named('a', 6) },
]
const bookmark = (version: number) => ({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(version) } } })
const gone = { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } }

const whole: WatchHistory = {
  what: 'GET it',
  from: 1,
  present: [],
  startedAt: 1,
  written,
  selects: (object) => (object as { mine?: boolean }).mine === true,
  shown: (object) => object,
  events: told,
  end: 'open',
  caughtUp: true,
  toldAfterEnd: false,
}
const without = (index: number) => told.filter((_, i) => i !== index)

const table: [name: string, history: Partial<WatchHistory>, rules: string[]][] = [
  ['all is well', {}, []],
  ['with bookmarks', { events: [bookmark(1), ...told, bookmark(7)] }, []],
  ['as metadata, say', { shown: () => undefined }, []],
  ['a watch that began later', { from: 4, events: told.slice(2) }, []],
  ['a reader that went', { events: told.slice(0, 2), end: 'left' }, []],
  ['a reader that is behind', { events: told.slice(0, 2), caughtUp: false }, []],
  ['too old', { events: [gone], end: 'ended' }, []],
  [
    'what was there, first',
    {
      from: 'present',
      startedAt: 4,
      present: [named('a', 4)],
      events: [{ ...told[1]!, type: 'ADDED' }, ...told.slice(2)],
    },
    [],
  ],
  ['WA1 out of order', { events: [told[0]!, told[1]!, { ...told[2]!, object: named('b', 3) }] }, ['WA1']],
  ['WA2 twice', { events: [told[0]!, told[1]!, told[1]!] }, ['WA2']],
  ['WA3 a gap', { events: without(1) }, ['WA3']],
  ['WA4 another state', { events: [{ ...told[0]!, object: named('z', 2) }, ...told.slice(1)] }, ['WA4']],
  ['WA5 silence instead of 410', { events: [{ type: 'ERROR', object: { code: 500 } }], end: 'ended' }, ['WA5']],
  ['WA5 on after an error', { events: [gone, told[0]!] }, ['WA5']],
  ['WA6 a bookmark from the past', { events: [...told, bookmark(3)] }, ['WA6']],
  ['WA6 a bookmark too far', { events: [told[0]!, bookmark(6), ...told.slice(1)] }, ['WA6', 'WA6', 'WA6', 'WA6']],
  ['WA7 a wrong word', { events: [told[0]!, told[1]!, { ...told[2]!, type: 'MODIFIED' }, told[3]!] }, ['WA7']],
  ['WA8 what it did not ask for', { events: [told[0]!, { type: 'ADDED', object: named('b', 3, false) }] }, ['WA8']],
  ['WA9 open, and silent', { events: told.slice(0, 3) }, ['WA9']],
  ['WA9 more after the end', { end: 'ended', toldAfterEnd: true }, ['WA9']],
]

test.each(table)('%s', (_name, history, rules) => {
  const found = checkWatch({ ...whole, ...history }).map((problem) => problem.split(' ')[0])
  expect(found).toEqual(rules)
})

test('WA1 to WA9 are asked of every watch of a test’s world', async () => {
  const { server, store, ask } = await apiserverWorld()
  const recorder = recordWatches(store)
  const handle = recorder.listeningTo(async (request) => {
    const response = await server.handle(request)
    if (response.body.kind !== 'stream') return response
    const { start } = response.body
    // A server that forgets every second line.
    let line = 0
    const forgetting = (sink: Parameters<typeof start>[0]) =>
      start({ ...sink, write: (chunk) => (line++ % 2 === 0 ? sink.write(chunk) : true) })
    return { ...response, body: { kind: 'stream', start: forgetting } }
  })
  const query = new URLSearchParams({ watch: '1' })
  const path = '/api/v1/namespaces/default/configmaps'
  const user = { name: 'admin', groups: ['system:masters'] }
  const answer = await handle({ method: 'GET', path, query, headers: {}, body: new Uint8Array(), user })
  if (answer.body.kind === 'stream') {
    answer.body.start({ write: () => true, drained: async () => {}, end() {}, destroy() {} })
  }
  for (const name of ['a', 'b', 'c']) await ask(`POST ${path}`, { body: { metadata: { name } } })
  await settled()
  expect(recorder.problems()).toEqual([expect.stringMatching(/^WA3 ADDED at \d+ was left out before ADDED at \d+/)])
})
