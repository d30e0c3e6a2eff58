// Bodies that were made to hurt: published attacks, and what else a body can be made of. Each is refused in a few words,
// within 50 ms of work and 64 MB, and the next request is answered as ever. Time is what the processor spent: other
// programs of this machine do not count.

import { beforeEach, describe, expect, test } from 'vitest'
import { apiserverWorld, type World } from '../../test/world.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
const daemonSets = '/apis/apps/v1/namespaces/default/daemonsets'
const pods = '/api/v1/namespaces/default/pods'
const merge = 'application/merge-patch+json'
const strategic = 'application/strategic-merge-patch+json'
const jsonPatch = 'application/json-patch+json'
const apply = 'application/apply-patch+yaml'
const yaml = 'application/yaml'

let world: World
beforeEach(async () => {
  world = await apiserverWorld()
  await world.ask(`POST ${configMaps}`, { body: { metadata: { name: 'c' }, data: { a: 'b' } } })
})

const deepList = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const deepObject = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
const listOf = (length: number, item: (i: number) => string) => Array.from({ length }, (_, i) => item(i)).join('\n')

/** CVE-2019-11253, as it was published: nine levels of nine aliases. */
const billionLaughs = [
  'apiVersion: v1',
  'kind: ConfigMap',
  'metadata: {name: yaml-bomb}',
  'data:',
  '  a: &a ["web","web","web","web","web","web","web","web","web"]',
  ...'bcdefghi'.split('').map((name, i) => `  ${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`),
].join('\n')

const mergeBomb = [
  'a: &a {k1: v, k2: v}',
  listOf(
    20,
    (i) =>
      `m${i}: &m${i} {<<: [${Array(9)
        .fill(i === 0 ? '*a' : `*m${i - 1}`)
        .join(',')}]}`,
  ),
].join('\n')

/** CVE-2019-1002100: a patch of many operations; and copies of copies, which double. */
const manyOperations = JSON.stringify(Array(100_000).fill({ op: 'test', path: '/data/a', value: 'b' })).slice(0, 3e6)
const copies = JSON.stringify([
  { op: 'add', path: '/data/b', value: 'x'.repeat(1000) },
  ...Array.from({ length: 40 }, (_, i) => ({ op: 'copy', from: '/data', path: `/data/z${i}` })),
])

type Attack = [name: string, line: string, type: string | undefined, body: string, status: number, says: string]

const attacks: Attack[] = [
  ['CVE-2019-11253 billion laughs', `POST ${configMaps}`, yaml, billionLaughs, 400, 'Excessive alias count'],
  ['the same, applied', `PATCH ${configMaps}/c?fieldManager=m`, apply, billionLaughs, 400, 'Excessive alias count'],
  ['merge keys of merge keys', `POST ${configMaps}`, yaml, mergeBomb, 400, 'Excessive alias count'],
  ['an alias of itself', `POST ${configMaps}`, yaml, 'a: &a [*a]', 400, "anchor 'a' value contains itself"],
  ['CVE-2019-11254 brackets', `POST ${configMaps}`, yaml, `a: ${'['.repeat(500_000)}`, 400, 'exceeded max depth'],
  ['braces', `POST ${configMaps}`, yaml, '{a: '.repeat(300_000), 400, 'exceeded max depth'],
  ['closed brackets', `POST ${configMaps}`, yaml, `a: ${deepList(50_000)}`, 400, 'exceeded max depth'],
  ['dashes', `POST ${configMaps}`, yaml, '- '.repeat(500_000), 400, 'exceeded max depth'],
  ['question marks', `POST ${configMaps}`, yaml, '? '.repeat(500_000), 400, 'exceeded max depth'],
  ['keys of keys', `POST ${configMaps}`, yaml, 'a: '.repeat(300_000), 400, 'exceeded max depth'],
  ['steps', `POST ${configMaps}`, yaml, listOf(1500, (i) => `${' '.repeat(i)}a:`), 400, 'exceeded max depth'],
  ['deep lists in JSON', `POST ${configMaps}`, undefined, `{"data":${deepList(1_400_000)}}`, 400, 'exceeded max depth'],
  ['deep objects in JSON', `POST ${configMaps}`, undefined, deepObject(400_000), 400, 'exceeded max depth'],
  ['a deep merge patch', `PATCH ${configMaps}/c`, merge, deepObject(400_000), 400, 'exceeded max depth'],
  ['a deep strategic patch', `PATCH ${configMaps}/c`, strategic, deepObject(400_000), 400, 'exceeded max depth'],
  ['not quite so deep', `PATCH ${configMaps}/c`, strategic, deepObject(5000), 400, 'more than 500 levels deep'],
  ['deep options', `DELETE ${configMaps}/c`, undefined, deepObject(400_000), 400, 'exceeded max depth'],
  ['CVE-2019-1002100 operations', `PATCH ${configMaps}/c`, jsonPatch, manyOperations, 400, 'error decoding patch'],
  [
    'CVE-2019-1002100 10,001 operations',
    `PATCH ${configMaps}/c`,
    jsonPatch,
    JSON.stringify(Array(10_001).fill({ op: 'test', path: '/data/a', value: 'b' })),
    413,
    'The allowed maximum operations in a JSON patch is 10000, got 10001',
  ],
  ['copies of copies', `PATCH ${configMaps}/c`, jsonPatch, copies, 413, 'copies more than 3145728 bytes'],
  [
    'a path of a million steps',
    `PATCH ${configMaps}/c`,
    jsonPatch,
    `[{"op":"add","path":"${'/a'.repeat(1_000_000)}","value":1}]`,
    422,
    'the server rejected our request due to an error in our request',
  ],
  ['more than 3 MiB', `POST ${configMaps}`, undefined, `{"a":"${'x'.repeat(3 * 1024 * 1024)}"}`, 413, 'too large'],
  [
    'a quantity of a thousand digits',
    `POST ${pods}`,
    undefined,
    `{"spec":{"containers":[{"resources":{"limits":{"cpu":"${'9'.repeat(100_000)}"}}}]}}`,
    400,
    'quantities must match',
  ],
]

interface Spent {
  readonly ms: number
  readonly megabytes: number
}

/** The least of three: what the engine does once, while it warms up, is not the body's doing. */
async function spentOn(act: () => Promise<void>): Promise<Spent> {
  let least: Spent = { ms: Number.POSITIVE_INFINITY, megabytes: Number.POSITIVE_INFINITY }
  for (let i = 0; i < 3; i++) {
    const [memory, cpu] = [process.memoryUsage.rss(), process.cpuUsage()]
    await act()
    const { user, system } = process.cpuUsage(cpu)
    least = {
      ms: Math.min(least.ms, (user + system) / 1000),
      megabytes: Math.min(least.megabytes, (process.memoryUsage.rss() - memory) / 2 ** 20),
    }
  }
  return least
}

describe('B7 attacks', () => {
  test.each(attacks)('%s', async (_name, line, type, text, status, says) => {
    const body = Buffer.from(text)
    const spent = await spentOn(async () => {
      const answer = await world.ask(line, type === undefined ? { body } : { body, type })
      expect([answer.status, answer.json.message]).toEqual([status, expect.stringContaining(says)])
    })
    expect(spent.ms, 'ms of work').toBeLessThan(50)
    expect(spent.megabytes, 'MB more').toBeLessThan(64)
    expect((await world.ask(`GET ${configMaps}/c`)).json.data).toEqual({ a: 'b' })
    expect(world.errors).toEqual([])
  })

  test('others are answered while they come', async () => {
    const beganAt = performance.now()
    const flood = attacks.slice(0, 8).map(([, line, type, body]) => {
      return world.ask(line, type === undefined ? { body } : { body, type })
    })
    const other = world.ask(`GET ${configMaps}/c`).then(({ status }) => [status, performance.now() - beganAt] as const)
    const [status] = await other
    await Promise.all(flood)
    expect(status).toBe(200)
  })

  test('CVE-2020-8552 what somebody makes up is no new series of the metrics', async () => {
    const lines = async () => (await world.ask('GET /metrics')).text.split('\n').length
    await world.ask('GET /made/up')
    await world.ask(`BREW ${configMaps}`)
    await lines()
    const before = await lines()
    for (let i = 0; i < 50; i++) {
      await world.ask(`GET /made/up/${i}`)
      await world.ask(`BREW${i} ${configMaps}`)
      await world.ask(`GET /api/v1/kind${i}`, { userAgent: `agent${i}/1` })
    }
    expect(await lines()).toBe(before)
  })
})

describe('W9.2 what JSON and YAML can hold, and objects cannot', () => {
  test('__proto__ and constructor are names like others', async () => {
    const data = '{"__proto__":"x","constructor":"y","toString":"z"}'
    await world.ask(`POST ${configMaps}`, {
      body: `{"metadata":{"name":"p"},"data":${data},"__proto__":{"kind":"Pod"}}`,
    })
    expect((await world.ask(`GET ${configMaps}/p`)).text).toContain(`"data":${data}`)
    const doors: [type: string, body: string][] = [
      [merge, '{"__proto__":{"polluted":1},"data":{"__proto__":"2"}}'],
      [strategic, '{"__proto__":{"polluted":1},"data":{"__proto__":"3"}}'],
      [jsonPatch, '[{"op":"add","path":"/data/__proto__","value":"4"}]'],
      [apply, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"p"},"data":{"__proto__":"5"}}'],
      [apply, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: p}\ndata:\n  __proto__: "6"'],
    ]
    for (const [i, [type, body]] of doors.entries()) {
      const { status, text } = await world.ask(`PATCH ${configMaps}/p?fieldManager=m&force=${type === apply}`, {
        type,
        body,
      })
      expect([status, /"__proto__":"(.)"/.exec(text)?.[1]]).toEqual([200, String(i + 2)])
    }
    const pollution = await world.ask(`PATCH ${configMaps}/p`, {
      type: jsonPatch,
      body: '[{"op":"add","path":"/__proto__/polluted","value":1}]',
    })
    expect(pollution.status).toBe(422)
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })

  const numbers: [text: string, kept: number | string][] = [
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', 'cannot unmarshal number'],
    ['9223372036854775808', 'cannot unmarshal number'],
    ['-9007199254740993', 'cannot unmarshal number'],
    ['1e400', 'cannot unmarshal number'],
    ['1.5', 'cannot unmarshal number 1.5'],
    ['1e1', 10],
    ['10.0', 10],
  ]
  test.each(numbers)('a number of 64 bits: %s', async (text, kept) => {
    const revision = `{"metadata":{"name":"r"},"data":{},"revision":${text}}`
    const path = '/apis/apps/v1/namespaces/default/controllerrevisions'
    const { status, json } = await world.ask(`POST ${path}`, { body: revision })
    if (typeof kept === 'number') expect([status, json.revision]).toEqual([201, kept])
    else expect([status, json.message]).toEqual([400, expect.stringContaining(kept)])
  })

  const texts: [written: string, kept: string][] = [
    ['\\ud83d\\ude00', '😀'],
    ['\\ud83d', '\ufffd'],
    ['\\ude00', '\ufffd'],
    ['\\ude00\\ud83d', '\ufffd\ufffd'],
    ['\\ud83d\\ud83d\\ude00', '\ufffd😀'],
    ['\\\\ud83d', '\\ud83d'],
    ['\\u0000', '\0'],
    ['é', 'é'],
  ]
  test.each(texts)('half a surrogate pair is a replacement character: %s', async (written, kept) => {
    const { status, text } = await world.ask(`POST ${configMaps}`, {
      body: `{"metadata":{"name":"t"},"data":{"a":"${written}"}}`,
    })
    expect(status).toBe(201)
    expect(JSON.parse(text).data.a).toBe(kept)
    expect((await world.ask(`GET ${configMaps}/t`)).json.data.a).toBe(kept)
  })

  test('X14 YAML 1.1, as far as JSON can say it', async () => {
    const body =
      'metadata: {name: t}\ndata: {day: 2001-01-01, time: 2001-12-14t21:59:43.10-05:00, dot: ., exponent: e0}'
    const { status, json } = await world.ask(`POST ${configMaps}`, { type: yaml, body })
    expect([status, json.data]).toEqual([
      201,
      { day: '2001-01-01', time: '2001-12-14t21:59:43.10-05:00', dot: '.', exponent: 'e0' },
    ])
    const octal = 'metadata: {name: r}\nrevision: 0o14\ndata: {}'
    const path = '/apis/apps/v1/namespaces/default/controllerrevisions'
    expect((await world.ask(`POST ${path}`, { type: yaml, body: octal.replace('0o14', '014') })).json.revision).toBe(12)
  })

  test('bytes that are no UTF-8 are replaced, and a byte order mark is no object', async () => {
    const body = Buffer.concat([
      Buffer.from('{"metadata":{"name":"t"},"data":{"a":"'),
      Buffer.from([0xff, 0xc0]),
      Buffer.from('"}}'),
    ])
    expect((await world.ask(`POST ${configMaps}`, { body })).json.data.a).toBe('\ufffd\ufffd')
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{}')])
    expect((await world.ask(`POST ${configMaps}`, { body: marked })).status).toBe(400)
  })

  test('as deep as is allowed, and no deeper, through every door', async () => {
    const path = '/apis/apps/v1/namespaces/default/controllerrevisions'
    const revision = (depth: number) => `{"metadata":{"name":"d${depth}"},"revision":1,"data":${deepObject(depth)}}`
    expect((await world.ask(`POST ${path}`, { body: revision(900) })).status).toBe(201)
    expect((await world.ask(`POST ${path}`, { body: revision(1100) })).status).toBe(400)
    expect((await world.ask(`GET ${path}/d900`, { accept: yaml })).status).toBe(200)
    for (const type of [merge, strategic]) {
      const answer = await world.ask(`PATCH ${path}/d900`, { type, body: { metadata: { labels: { a: 'b' } } } })
      expect(answer.status).toBeLessThan(500)
    }
    expect(world.errors).toEqual([])
  })
})

test('W14.5 a quantity beyond all numbers is answered, and shortly', async () => {
  for (const cpu of ['1e999999999', '1e-999999999', '1e99999999999999999999', `${'9'.repeat(90)}Ei`]) {
    const spec = { containers: [{ name: 'a', image: 'b', resources: { limits: { cpu } } }] }
    const { status, text } = await world.ask(`POST ${pods}`, { body: { metadata: { generateName: 'q-' }, spec } })
    expect(status, cpu).toBeLessThan(500)
    expect(text.length).toBeLessThan(2000)
  }
  expect(world.errors).toEqual([])
})

describe('W8.4 W8.5 selectors that do not parse, or go on and on', () => {
  const queries: [query: string, status: number][] = [
    [`labelSelector=${'a=b,'.repeat(20_000)}c`, 200],
    [`labelSelector=a+in+(${'b,'.repeat(50_000)}c)`, 200],
    [`labelSelector=${'('.repeat(50_000)}`, 400],
    [`labelSelector=${'!'.repeat(50_000)}`, 400],
    ['labelSelector=%00', 400],
    ['labelSelector=a%3D%3D%3Db', 400],
    [`fieldSelector=${'metadata.name!=b,'.repeat(20_000)}`, 200],
    ['fieldSelector=metadata.name', 400],
    ['fieldSelector=__proto__=x', 400],
    ['fieldSelector=constructor=x', 400],
    ['fieldSelector=metadata.name%3Da%5Cb', 400],
    ['limit=99999999999999999999', 400],
    ['resourceVersion=-1', 422],
    ['resourceVersion=1.5', 422],
    [`continue=${'A'.repeat(100_000)}`, 400],
    ['watch=1&timeoutSeconds=-1', 422],
  ]
  test.each(
    queries.map(([query, status]) => [query.slice(0, 40), query, status] as const),
  )('%s', async (_name, query, status) => {
    const spent = await spentOn(async () => {
      expect((await world.send(`GET ${configMaps}?${query}`)).status).toBe(status)
    })
    expect(spent.ms).toBeLessThan(50)
    expect(world.errors).toEqual([])
  })
})

test('W9.1 a hundred thousand unknown fields are a short answer', async () => {
  const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, 1]))
  const answer = await world.ask(`POST ${daemonSets}?fieldValidation=Warn`, {
    body: { metadata: { name: 'u' }, ...many },
  })
  expect((answer.headers.warning ?? '').length).toBeLessThan(16_000)
})
