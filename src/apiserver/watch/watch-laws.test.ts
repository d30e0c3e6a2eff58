// What must hold of every watch, whatever is written and whenever it starts (WA1 to WA9): folded, it is the list; each
// event says rightly what it is; versions only grow.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { apiserverWorld, type Reader, settled, type World } from '../../../test/world.ts'

const names = ['a', 'b', 'c']
const nodeNames = ['n1', 'n2']
const pods = '/api/v1/namespaces/default/pods'

const acts = fc.oneof(
  fc.record({
    do: fc.constant('create' as const),
    name: fc.constantFrom(...names),
    node: fc.option(fc.constantFrom(...nodeNames), { nil: undefined }),
    label: fc.constantFrom('x', 'y'),
  }),
  fc.record({ do: fc.constant('label' as const), name: fc.constantFrom(...names), label: fc.constantFrom('x', 'y') }),
  fc.record({ do: fc.constant('bind' as const), name: fc.constantFrom(...names), node: fc.constantFrom(...nodeNames) }),
  fc.record({ do: fc.constant('delete' as const), name: fc.constantFrom(...names) }),
)
type Act = typeof acts extends fc.Arbitrary<infer T> ? T : never

const selectors = fc.constantFrom(
  '',
  'labelSelector=l%3Dx',
  'labelSelector=l!%3Dx',
  'fieldSelector=metadata.name%3Da',
  'fieldSelector=spec.nodeName%3Dn1',
  'fieldSelector=spec.nodeName%3D',
  'fieldSelector=spec.nodeName!%3Dn1',
  'fieldSelector=spec.nodeName%3Dn2&labelSelector=l%3Dy',
  'fieldSelector=metadata.name%3Db,spec.nodeName%3Dn1',
)
const watches = fc.record({
  selector: selectors,
  /** After how many acts it starts, and whether it lists first or starts from the version of an earlier moment. */
  startsAfter: fc.nat(12),
  from: fc.constantFrom('list', 'beginning', 'present'),
  /** Whether it has caught up before the next act. */
  catchesUp: fc.boolean(),
})

async function carryOut({ ask }: World, act: Act): Promise<unknown> {
  switch (act.do) {
    case 'create': {
      const { node: nodeName, name, label } = act
      const spec = { containers: [{ name: 'm', image: 'i' }], ...(nodeName === undefined ? {} : { nodeName }) }
      return ask(`POST ${pods}`, { body: { metadata: { name, labels: { l: label } }, spec } })
    }
    case 'label': {
      const body = { metadata: { labels: { l: act.label } } }
      return ask(`PATCH ${pods}/${act.name}`, { type: 'application/merge-patch+json', body })
    }
    case 'bind': {
      const body = { target: { kind: 'Node', name: act.node } }
      return ask(`POST ${pods}/${act.name}/binding`, { body })
    }
    case 'delete':
      return ask(`DELETE ${pods}/${act.name}`, { body: { gracePeriodSeconds: 0 } })
    default:
      return act satisfies never
  }
}

interface Listed {
  readonly metadata: { readonly name: string; readonly resourceVersion: string }
}

/** Name → version of what a watcher knows, from what it listed and what it was told. */
function fold(listed: readonly Listed[], reader: Reader, from: number): Record<string, string> {
  const known = new Map(listed.map(({ metadata }) => [metadata.name, metadata.resourceVersion]))
  let newest = from
  for (const { type, object } of reader.events) {
    const { name, resourceVersion } = object.metadata
    expect(known.has(name), `${type} ${name}`).toBe(type !== 'ADDED')
    if (type === 'DELETED') known.delete(name)
    else known.set(name, resourceVersion)
    if (from > 0) expect(Number(resourceVersion)).toBeGreaterThan(newest)
    newest = Number(resourceVersion)
  }
  return Object.fromEntries([...known].sort())
}

test('W7.4 W7.9 WA1 to WA9 a watch, folded, is the list, however it began', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(acts, { maxLength: 16 }),
      fc.array(watches, { minLength: 1, maxLength: 6 }),
      async (history, started) => {
        const world = await apiserverWorld()
        const beginning = world.store.revision
        const running: { selector: string; listed: Listed[]; from: number; reader: Reader }[] = []
        for (let done = 0; done <= history.length; done++) {
          for (const { selector, startsAfter, from, catchesUp } of started) {
            if (Math.min(startsAfter, history.length) !== done) continue
            const list = await world.ask(`GET ${pods}?${selector}`)
            const listed: Listed[] = from === 'list' ? list.json.items : []
            const version =
              from === 'list' ? Number(list.json.metadata.resourceVersion) : from === 'present' ? 0 : beginning
            const reader = await world.watch(`${pods}?watch=1&resourceVersion=${version}&${selector}`)
            running.push({ selector, listed, from: version, reader })
            if (catchesUp) await settled()
          }
          const act = history[done]
          if (act !== undefined) await carryOut(world, act)
        }
        await settled()
        for (const { selector, listed, from, reader } of running) {
          expect(reader.state).toBe('open')
          const { items } = (await world.ask(`GET ${pods}?${selector}`)).json as { items: Listed[] }
          const expected = items.map(({ metadata }) => [metadata.name, metadata.resourceVersion])
          expect(fold(listed, reader, from)).toEqual(Object.fromEntries(expected))
        }
        expect(world.errors).toEqual([])
      },
    ),
    { numRuns: 150 },
  )
})
