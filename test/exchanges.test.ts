// Exchanges between a raw client and the server, one file a subject, each on a server of its own. `EVERYNODE_REWRITE=1
// npx vitest run test/exchanges.test.ts` writes the answers anew; the difference is read before it is kept.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inProcess, overTls, parseExchanges, printExchanges, RawClient } from './exchange.ts'

const folder = new URL('./exchanges/', import.meta.url)
const files = readdirSync(folder).filter((file) => file.endsWith('.txt'))
const rewrite = process.env.EVERYNODE_REWRITE === '1'

const ways = rewrite
  ? [['in process', inProcess] as const]
  : ([
      ['in process', inProcess],
      ['over TLS', overTls],
    ] as const)
const rows = files.flatMap((file) => ways.map(([way, connect]) => ({ file, way, connect })))

describe.each(rows)('$file $way', ({ file, connect }) => {
  const url = new URL(file, folder)
  const exchanges = parseExchanges(readFileSync(url, 'utf8'))
  const answers: string[] = []
  let client: RawClient
  beforeAll(() => {
    client = new RawClient(connect)
  })
  afterAll(async () => {
    await client.close()
    // Only some of them were carried out: the others would lose their answers.
    if (!rewrite || answers.length !== exchanges.length) return
    writeFileSync(url, printExchanges(exchanges.map((exchange, i) => ({ ...exchange, answer: answers[i] ?? '' }))))
  })

  test('says something', () => {
    expect(exchanges.length).toBeGreaterThan(0)
  })

  test.each(exchanges)('line $line: $about', async ({ request, answer }) => {
    const answered = await client.carryOut(request).catch((error) => (rewrite ? `< ${error}` : Promise.reject(error)))
    answers.push(answered)
    if (!rewrite) expect(answered).toBe(answer)
  })
})
