import { beforeEach, describe, expect, test } from 'vitest'
import { apiserverWorld, type World } from '../../../test/world.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
const names = (list: { items: { metadata: { name: string } }[] }) => list.items.map(({ metadata }) => metadata.name)

let world: World
beforeEach(async () => {
  world = await apiserverWorld({ store: { history: { events: 6, bytes: 1024 * 1024 } } })
})

async function fill(count: number, labels: (i: number) => object = () => ({})): Promise<void> {
  for (let i = 0; i < count; i++) {
    const metadata = { name: `c${String(i).padStart(2, '0')}`, labels: labels(i) }
    await world.ask(`POST ${configMaps}`, { body: { metadata } })
  }
}

describe('W8.1 the body', () => {
  test('empty is [], items are as they are stored, in order', async () => {
    const empty = await world.ask(`GET ${configMaps}`)
    expect(empty.json).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1', items: [] })
    expect(empty.json.metadata.resourceVersion).toBe(String(world.store.revision))
    await fill(3)
    expect(names((await world.ask(`GET ${configMaps}`)).json)).toEqual(['c00', 'c01', 'c02'])
  })

  test('W5.4 metadata only', async () => {
    await fill(1)
    const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'
    const { json } = await world.ask(`GET ${configMaps}`, { accept })
    expect([json.kind, json.apiVersion]).toEqual(['PartialObjectMetadataList', 'meta.k8s.io/v1'])
    expect(Object.keys(json.items[0])).toEqual(['kind', 'apiVersion', 'metadata'])
    const one = await world.ask(`GET ${configMaps}/c00`, { accept })
    expect(one.json.kind).toBe('PartialObjectMetadata')
  })

  test('W8.6 W8.9 a table, of a list, of one object, of nothing', async () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
    expect((await world.ask(`GET ${configMaps}`, { accept })).json).toMatchObject({ kind: 'Table', rows: [] })
    await fill(2)
    expect((await world.ask(`GET ${configMaps}`, { accept })).json.rows).toHaveLength(2)
    const one = await world.ask(`GET ${configMaps}/c00`, { accept })
    expect(one.json.rows[0].cells).toEqual(['c00', 0, '0s'])
    expect((await world.ask(`GET ${configMaps}/nope`, { accept })).json.kind).toBe('Status')
  })
})

describe('W8.2 pages', () => {
  test('are one snapshot, at the revision of the first', async () => {
    await fill(5)
    const first = await world.ask(`GET ${configMaps}?limit=2`)
    expect(names(first.json)).toEqual(['c00', 'c01'])
    expect(first.json.metadata.remainingItemCount).toBe(3)
    await world.ask(`DELETE ${configMaps}/c03`)
    await world.ask(`POST ${configMaps}`, { body: { metadata: { name: 'c99' } } })
    const second = await world.ask(`GET ${configMaps}?limit=2&continue=${first.json.metadata.continue}`)
    expect(names(second.json)).toEqual(['c02', 'c03'])
    expect(second.json.metadata.resourceVersion).toBe(first.json.metadata.resourceVersion)
    const third = await world.ask(`GET ${configMaps}?limit=2&continue=${second.json.metadata.continue}`)
    expect(names(third.json)).toEqual(['c04'])
    expect(third.json.metadata.continue).toBeUndefined()
  })

  test('of a selector: full pages, and no count of what remains', async () => {
    await fill(6, (i) => ({ parity: i % 2 === 0 ? 'even' : 'odd' }))
    const first = await world.ask(`GET ${configMaps}?limit=2&labelSelector=parity%3Dodd`)
    expect(names(first.json)).toEqual(['c01', 'c03'])
    expect(first.json.metadata.remainingItemCount).toBeUndefined()
    const rest = `GET ${configMaps}?limit=2&labelSelector=parity%3Dodd&continue=${first.json.metadata.continue}`
    const second = await world.ask(rest)
    expect(names(second.json)).toEqual(['c05'])
    expect(second.json.metadata.continue).toBeUndefined()
  })

  test('W6.5 a token that is too old: 410, and one to go on with', async () => {
    await fill(3)
    const first = await world.ask(`GET ${configMaps}?limit=1`)
    for (let i = 0; i < 10; i++) {
      await world.ask(`PUT ${configMaps}/c02`, { body: { metadata: { name: 'c02' }, data: { i: `${i}` } } })
    }
    const gone = await world.ask(`GET ${configMaps}?limit=1&continue=${first.json.metadata.continue}`)
    expect([gone.status, gone.json.reason]).toEqual([410, 'Expired'])
    expect(gone.json.message).toMatch(
      /^The provided continue parameter is too old to display a consistent list result\./,
    )
    const next = await world.ask(`GET ${configMaps}?limit=1&continue=${gone.json.metadata.continue}`)
    expect(names(next.json)).toEqual(['c01'])
  })

  test('tokens are checked', async () => {
    await fill(2)
    const { json } = await world.ask(`GET ${configMaps}?limit=1`)
    const both = await world.ask(`GET ${configMaps}?continue=${json.metadata.continue}&resourceVersion=5`)
    expect(both.json.message).toBe('specifying resource version is not allowed when using continue')
    const bad = await world.ask(`GET ${configMaps}?continue=e30`)
    expect([bad.status, bad.json.message.startsWith('invalid continue token')]).toEqual([400, true])
    expect((await world.ask(`GET ${configMaps}?continue=***`)).status).toBe(400)
  })
})

describe('W8.3 versions', () => {
  const table: [query: string, code: number, message: string][] = [
    ['resourceVersionMatch=Exact', 422, 'resourceVersionMatch is forbidden unless resourceVersion is provided'],
    ['resourceVersion=0&resourceVersionMatch=Exact', 422, 'is forbidden for resourceVersion "0"'],
    ['resourceVersion=5&resourceVersionMatch=Foo', 422, 'Unsupported value: "Foo"'],
    ['resourceVersion=x', 422, 'resourceVersion: Invalid value: "x"'],
    ['sendInitialEvents=true', 422, 'sendInitialEvents is forbidden for list'],
    ['limit=x', 400, 'invalid syntax'],
  ]
  test.each(table)('%s → %i', async (query, code, message) => {
    const { status, json } = await world.ask(`GET ${configMaps}?${query}`)
    expect(status).toBe(code)
    expect(json.message).toContain(message)
  })

  test('exactly then, or 410', async () => {
    await fill(2)
    const then = world.store.revision
    await world.ask(`DELETE ${configMaps}/c00`)
    const exact = `GET ${configMaps}?resourceVersion=${then}&resourceVersionMatch=Exact`
    expect(names((await world.ask(exact)).json)).toEqual(['c00', 'c01'])
    const any = await world.ask(`GET ${configMaps}?resourceVersion=0&limit=500`)
    expect(names(any.json)).toEqual(['c01'])
    for (let i = 0; i < 10; i++) {
      await world.ask(`PUT ${configMaps}/c01`, { body: { metadata: { name: 'c01' }, data: { i: `${i}` } } })
    }
    expect((await world.ask(exact)).json.message).toBe('The resourceVersion for the provided list is too old.')
  })

  test('W6.3 the future is waited for, three seconds', async () => {
    const answer = world.ask(`GET ${configMaps}?resourceVersion=${world.store.revision + 1}`)
    await fill(1)
    world.clock.advance(100)
    expect(names((await answer).json)).toEqual(['c00'])
    let late: Awaited<typeof answer> | undefined
    void world.ask(`GET ${configMaps}?resourceVersion=99999999`).then((one) => {
      late = one
    })
    for (let i = 0; i < 400 && late === undefined; i++) {
      world.clock.advance(20)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(late?.status).toBe(504)
    expect(late?.json.message).toBe(`Timeout: Too large resource version: 99999999, current: ${world.store.revision}`)
    expect(late?.json.details).toMatchObject({ retryAfterSeconds: 1, causes: [{ reason: 'ResourceVersionTooLarge' }] })
  })
})

describe('W8.4 W8.5 selectors', () => {
  test('by name and by node, from an index, give what a scan gives', async () => {
    for (const [i, nodeName] of ['n1', 'n2', 'n1', undefined].entries()) {
      const spec = { containers: [{ name: 'a', image: 'b' }], ...(nodeName === undefined ? {} : { nodeName }) }
      await world.ask('POST /api/v1/namespaces/default/pods', { body: { metadata: { name: `p${i}` }, spec } })
    }
    const list = async (selector: string) =>
      names((await world.ask(`GET /api/v1/pods?fieldSelector=${encodeURIComponent(selector)}`)).json)
    expect(await list('spec.nodeName=n1')).toEqual(['p0', 'p2'])
    expect(await list('spec.nodeName=n1,metadata.name!=p0')).toEqual(['p2'])
    expect(await list('spec.nodeName!=n1')).toEqual(['p1', 'p3'])
    expect(await list('spec.nodeName=')).toEqual(['p3'])
    expect(await list('metadata.name=p1')).toEqual(['p1'])
    await world.ask('DELETE /api/v1/namespaces/default/pods/p0', { body: { gracePeriodSeconds: 0 } })
    expect(await list('spec.nodeName=n1')).toEqual(['p2'])
    const named = await world.ask('GET /api/v1/nodes?fieldSelector=metadata.name%3Dnope')
    expect(named.json.items).toEqual([])
  })

  test('W6.3 texts that are none: 400', async () => {
    const label = await world.ask(`GET ${configMaps}?labelSelector=a%20b`)
    expect(label.status).toBe(400)
    const field = await world.ask('GET /api/v1/pods?fieldSelector=spec.foo%3Dx')
    expect([field.status, field.json.message]).toEqual([400, 'field label not supported: spec.foo'])
  })
})
