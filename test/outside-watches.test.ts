// That the watches from outside see what a server does wrong.
import { expect, test } from 'vitest'
import { configMaps } from '../src/api/resources.ts'
import type { ByteSink, Send } from '../src/api/wire.ts'
import { watchFromOutside } from './outside-watches.ts'
import { apiserverWorld, settled, type World } from './world.ts'

/** One for each watch. */
type Fault = () => (line: string, tell: (line: string) => void) => void

/** The same server, but what the watches of config maps are told goes through the fault first. */
function faulty({ server }: World, isMeant: (query: string) => boolean, fault: Fault): Send {
  return async (request) => {
    const answer = await server.handle(request)
    const { body } = answer
    if (body.kind !== 'stream' || !request.path.endsWith('/configmaps') || !isMeant(String(request.query)))
      return answer
    const start = (sink: ByteSink) => {
      const pass = fault()
      return body.start({
        write(chunk) {
          pass(Buffer.from(chunk).toString('utf8'), (line) => sink.write(Buffer.from(line)))
          return true
        },
        drained: () => sink.drained(),
        end: () => sink.end(),
        destroy: () => sink.destroy(),
      })
    }
    return { ...answer, body: { kind: 'stream', start } }
  }
}

const everything = (query: string) => !query.includes('Selector')
const selected = (query: string) => query.includes('labelSelector')
const drop =
  (what: string): Fault =>
  () =>
  (line, tell) =>
    line.includes(what) ? undefined : tell(line)
const late: Fault = () => {
  let held: string | undefined
  return (line, tell) => {
    if (held === undefined && line.includes('ADDED')) held = line
    else {
      tell(line)
      if (held !== undefined && held !== '') tell(held)
      held = held === undefined ? undefined : ''
    }
  }
}

const table: [what: string, isMeant: (query: string) => boolean, fault: Fault, rules: RegExp | undefined][] = [
  ['nothing', everything, () => (line, tell) => tell(line), undefined],
  ['an event is lost to all', everything, drop('MODIFIED'), /^WA3 or WA9: not told default\/a@/],
  ['an event is lost to those who select', selected, drop('MODIFIED'), /^WA3 /],
  ['a deletion is lost', everything, drop('DELETED'), /^WA3 or WA9: not told default\/b@\d+, which is not there/],
  ['everything comes twice', everything, () => (line, tell) => [line, line].forEach(tell), /^WA1 or WA2: /],
  ['an event comes late', everything, late, /^WA1 or WA2: ADDED default\/a/],
  ['to those who select, too much', selected, () => (line, tell) => tell(line.replace('DELETED', 'MODIFIED')), /^WA7 /],
  ['another state', selected, () => (line, tell) => tell(line.replace('"v":"2"', '"v":"3"')), /^WA4 /],
]
test.each(table)('WA from outside: %s', async (_what, isMeant, fault, rules) => {
  const world = await apiserverWorld()
  const outside = await watchFromOutside(faulty(world, isMeant, fault))
  const add = (name: string) =>
    world.client.create(configMaps, {
      metadata: { name, namespace: 'default', labels: { app: 'x' } },
      data: { v: '1' },
    } as never)
  await add('a')
  await add('b')
  await world.client.patch(
    configMaps,
    { namespace: 'default', name: 'a' },
    { type: 'merge', body: { data: { v: '2' } } },
  )
  await world.client.delete(configMaps, { namespace: 'default', name: 'b' })
  await add('c')
  await settled()
  const problems = await outside.problems(rules === undefined ? 5_000 : 0)
  outside.close()
  if (rules === undefined) expect(problems).toEqual([])
  else expect(problems.join('\n')).toMatch(new RegExp(rules.source, 'm'))
})
