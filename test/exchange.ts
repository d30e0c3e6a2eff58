// What a raw client and the server say to each other, as text: requests as they stand in a file, answers as they come.
// What differs from run to run gets a name (`<uid A>`, `<rv B>`), in the order in which it is first seen; later requests
// may use it. Managed fields are left out, of columns only
// the names are shown, and long answers are cut.
//
//   > PATCH /api/v1/namespaces/default/configmaps/c?fieldManager=m     a request
//   > content-type: application/merge-patch+json                       and its headers
//   {"metadata":{"resourceVersion":"<rv A>"}}                          its body: all lines up to the answer, joined
//   < 200                                                              the answer: status, and type if it is not JSON
//   {"kind":"ConfigMap", …}
//
//   > watch 1          what the first watch of this file has been told since, a line each
//   > hang up 1        its reader goes
//   > pass 61 s        time goes by
//   > restart          of the server, on the same disk
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApiRequest, Send } from '../src/api/wire.ts'
import { createAuthenticator } from '../src/apiserver/identity/authenticate.ts'
import { openAuthority } from '../src/apiserver/identity/authority.ts'
import { listen } from '../src/apiserver/listen.ts'
import { silentLog } from '../src/base/log.ts'
import { seededRandom } from '../src/base/random.ts'
import { httpSend } from '../src/client/http.ts'
import { MemoryDisk } from '../src/store/memory.ts'
import { admin, apiserverWorld, Reader, requestOf, settled, type World } from './world.ts'

export interface Exchange {
  /** The line that begins with `# ` above it. */
  readonly about: string
  readonly line: number
  readonly request: string
  readonly answer: string
}

export function parseExchanges(text: string): Exchange[] {
  const exchanges: { about: string; line: number; request: string; answer: string }[] = []
  let about = ''
  let at: 'request' | 'answer' = 'answer'
  for (const [index, content] of text.split('\n').entries()) {
    const last = exchanges.at(-1)
    if (content.startsWith('# ')) about = content.slice(2)
    else if (content === '') at = 'answer'
    else if (content.startsWith('> ') && at === 'answer') {
      exchanges.push({ about, line: index + 1, request: content, answer: '' })
      at = 'request'
    } else if (last !== undefined) {
      if (content.startsWith('< ')) at = 'answer'
      last[at] += `${last[at] === '' ? '' : '\n'}${content}`
    }
  }
  return exchanges
}

/** The file again, with these answers. */
export function printExchanges(exchanges: readonly Exchange[]): string {
  let about = ''
  const parts = exchanges.map((exchange) => {
    const heading = exchange.about === about ? '' : `# ${exchange.about}\n`
    about = exchange.about
    return `${heading}${exchange.request}\n${exchange.answer}\n`
  })
  return parts.join('\n')
}

/** How requests travel to a server, and how long it takes until what was sent is there. */
export interface Line {
  readonly send: Send
  /** Everything that is under way has arrived. */
  arrived(): Promise<void>
  close(): Promise<void>
}

export async function inProcess({ server }: World): Promise<Line> {
  return { send: server.handle, arrived: settled, close: async () => {} }
}

/** Over sockets and certificates, as everybody else's requests. */
export async function overTls(world: World): Promise<Line> {
  const directory = await mkdtemp(join(tmpdir(), 'everynode-exchange-'))
  const clock = { now: () => Date.now() }
  const authority = await openAuthority({ directory, clock, random: seededRandom(3) })
  const listening = await listen({
    handle: world.server.handle,
    authenticate: createAuthenticator({ clock }),
    tls: { server: await authority.serverCertificate(['127.0.0.1']), authority: authority.certificate },
    host: '127.0.0.1',
    port: 0,
    log: silentLog,
  })
  const { certificate, key } = await authority.clientCertificate({ user: admin.name, groups: ['system:masters'] })
  const http = httpSend({
    server: `https://127.0.0.1:${listening.port}`,
    ca: authority.certificate,
    clientCertificate: certificate,
    clientKey: key,
  })
  return {
    send: http.send,
    arrived: () => new Promise((resolve) => setTimeout(resolve, 50)),
    async close() {
      await http.close()
      await listening.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** A client that knows nothing but its file. */
export class RawClient {
  readonly #connect: (world: World) => Promise<Line>
  #connected: { world: World; line: Line } | undefined
  readonly #disk = new MemoryDisk()
  readonly #watches: { reader: Reader; told: number }[] = []
  readonly #names = new Map<string, string>()
  readonly #counts = new Map<string, number>()

  constructor(connect: (world: World) => Promise<Line>) {
    this.#connect = connect
  }

  /** Of the last answer: each object that was told, with names, and not cut. */
  readonly whole: string[] = []

  /** The text of the answer. */
  async carryOut(request: string): Promise<string> {
    this.whole.length = 0
    const { world, line: connection } = await this.#started()
    const [line = '', ...rest] = this.#withValues(request).split('\n')
    const words = line.slice(2).split(' ')
    switch (words[0]) {
      case 'watch':
        await connection.arrived()
        return this.#toldBy(Number(words[1]))
      case 'hang':
        this.#watches[Number(words[2]) - 1]?.reader.stop()
        return '< gone'
      case 'pass':
        world.clock.advance(Number(words[1]) * 1000)
        await connection.arrived()
        return '< later'
      case 'restart':
        await this.close()
        return '< restarted'
      default:
        return this.#ask(line.slice(2), rest)
    }
  }

  async close(): Promise<void> {
    const { world, line } = this.#connected ?? {}
    this.#connected = undefined
    world?.server.close()
    await line?.close()
    await world?.store.close()
  }

  async #started(): Promise<{ world: World; line: Line }> {
    if (this.#connected === undefined) {
      const world = await apiserverWorld({ store: { disk: this.#disk } })
      this.#connected = { world, line: await this.#connect(world) }
    }
    return this.#connected
  }

  async #ask(line: string, rest: readonly string[]): Promise<string> {
    const { world, line: connection } = await this.#started()
    const asked = requestIn(line, rest)
    const response = await inTime(world, connection, connection.send(asked))
    if (response.body.kind === 'stream') {
      this.#watches.push({ reader: new Reader(response), told: 0 })
      return `< ${response.status} as watch ${this.#watches.length}`
    }
    const pieces = response.body.kind === 'bytes' ? [response.body.bytes] : response.body.slices
    const bytes = Buffer.concat(pieces)
    const type = response.headers['content-type'] ?? ''
    const answer = type.endsWith('protobuf') ? `hex ${bytes.toString('hex')}` : bytes.toString('utf8')
    const shown = ['warning', 'location', 'retry-after'].flatMap((name) => {
      const value = response.headers[name]
      return value === undefined ? [] : [`< ${name}: ${this.#withNames(value)}`]
    })
    const first = `< ${response.status}${type === 'application/json' ? '' : ` ${type}`}`
    const printed =
      type.startsWith('application/json') && answer !== '' ? this.#printed(JSON.parse(answer)) : answer.trim()
    return [first, ...shown, ...(printed === '' ? [] : [printed])].join('\n')
  }

  #toldBy(number: number): string {
    const watch = this.#watches[number - 1]
    if (watch === undefined) throw new Error(`there is no watch ${number}`)
    const { events, state } = watch.reader
    const fresh = events.slice(watch.told).map((event) => this.#printed(event))
    watch.told = events.length
    return [`< ${state === 'open' ? `told ${fresh.length}` : state}`, ...fresh].join('\n')
  }

  #printed(value: unknown): string {
    const text = this.#withNames(JSON.stringify(value, shorter))
    this.whole.push(text)
    return text.length > longest ? `${text.slice(0, longest)} …` : text
  }

  #withNames(text: string): string {
    return (
      text
        .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, (uid) => this.#nameOf('uid', uid))
        .replace(/("resourceVersion":")(\d+)(?=")/g, (_all, key, version) => key + this.#nameOf('rv', version))
        .replace(/("continue":")([^"]+)(?=")/g, (_all, key, token) => key + this.#nameOf('continue', token))
        .replace(/(resource version: |in record \(|current: )(\d+)/g, (_all, key, version) => {
          return key + this.#nameOf('rv', version)
        })
        .replace(/(rv [A-Z]\d*> \()(\d+)/g, (_all, key, version) => key + this.#nameOf('rv', version))
        // What is drawn for a generated name.
        .replace(/-[bcdfghjklmnpqrstvwxz2456789]{5}(?=")/g, '-<suffix>')
    )
  }

  #nameOf(kind: string, value: string): string {
    const known = [...this.#names].find(([name, one]) => one === value && name.startsWith(`<${kind} `))
    if (known !== undefined) return known[0]
    const count = this.#counts.get(kind) ?? 0
    this.#counts.set(kind, count + 1)
    const name = `<${kind} ${String.fromCharCode(65 + (count % 26))}${count < 26 ? '' : Math.floor(count / 26)}>`
    this.#names.set(name, value)
    return name
  }

  #withValues(text: string): string {
    return text.replace(/<(uid|rv|continue) [A-Z]\d*>/g, (name) => {
      const value = this.#names.get(name)
      if (value === undefined) throw new Error(`nothing was called ${name} before`)
      return value
    })
  }
}

/** As it stands in a file: its line without `> `, and the lines after it. */
export function requestIn(line: string, rest: readonly string[]): ApiRequest {
  const headers: Record<string, string> = {}
  for (const header of rest.filter((one) => one.startsWith('> '))) {
    const [name = '', ...value] = header.slice(2).split(': ')
    headers[name] = value.join(': ')
  }
  const text = rest.filter((one) => !one.startsWith('> ')).join('\n')
  const body = text.startsWith('hex ') ? Buffer.from(text.slice(4), 'hex') : text
  const { 'user-agent': userAgent = 'raw/1', ...others } = headers
  return requestOf(line, { body, userAgent, headers: others })
}

/** What is shown elsewhere: managed fields in the tests of apply, columns in those of tables. */
export function shorter(key: string, value: unknown): unknown {
  if (key === 'managedFields') return undefined
  if (key === 'columnDefinitions' && Array.isArray(value)) return value.map(({ name }) => name).join(', ')
  return value
}

/** Some answers wait: for a version that is yet to come, say. */
async function inTime<T>({ clock }: World, { arrived }: Line, answer: Promise<T>): Promise<T> {
  let waiting = true
  const done = answer.finally(() => {
    waiting = false
  })
  // Whoever is only slow is not to find that time went by.
  for (let i = 0; i < 20 && waiting; i++) await Promise.race([done, arrived()])
  for (let second = 0; second < 60 && waiting; second++) {
    clock.advance(1000)
    await Promise.race([done, arrived()])
  }
  return done
}

/** Characters of an answer that are shown. */
const longest = 1500
