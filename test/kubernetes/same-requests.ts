// The exchanges of test/exchanges once more, with our server and with kube-apiserver at a time: what the answers differ in,
// field by field, after what is made by chance. A value that is called `<uid A>` in ours has that name in theirs where it
// stands in the same place.
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { ApiResponse, Send } from '../../src/api/wire.ts'
import { inProcess, parseExchanges, RawClient, requestIn, shorter } from '../exchange.ts'
import { Reader } from '../world.ts'

export interface Difference {
  readonly file: string
  readonly line: number
  /** `GET /api/v1/pods`; of what a watch was told: `WATCH /api/v1/pods`. */
  readonly request: string
  /** `items[].spec.nodeName`; `status` and `told` for what is around the objects. */
  readonly field: string
  readonly theirs: unknown
  readonly ours: unknown
}

export interface Compared {
  readonly requests: number
  readonly differences: readonly Difference[]
}

/** Nothing can be told of kube-apiserver after these: its clock cannot be turned, and its process is everybody's. */
const endsHere = /^> (pass|restart)/

export async function differencesIn(file: string, send: Send): Promise<Compared> {
  const text = readFileSync(new URL(`../exchanges/${file}`, import.meta.url), 'utf8')
  const ours = new RawClient(inProcess)
  const theirs = new OtherClient(send)
  const differences: Difference[] = []
  const watches: string[] = []
  let requests = 0
  try {
    for (const { request, line } of parseExchanges(text)) {
      if (endsHere.test(request)) break
      requests++
      const first = (await ours.carryOut(request)).split('\n')[0]!
      const objects = ours.whole.map((object) => JSON.parse(object) as unknown)
      const [head, others] = await theirs.carryOut(request, objects)
      const about = subjectOf(request, watches)
      if (first.includes(' as watch ')) watches.push(about)
      const add = (field: string, theirs: unknown, ours: unknown) =>
        differences.push({ file, line, request: about, field, theirs, ours })
      if (head !== first) {
        // What is in the objects follows from that.
        add('status', `${head} ${messageOf(others[0])}`.trim(), `${first} ${messageOf(objects[0])}`.trim())
        continue
      }
      for (let i = 0; i < Math.max(objects.length, others.length); i++) compare(others[i], objects[i], '', add)
    }
  } finally {
    await ours.close()
    theirs.close()
  }
  return { requests, differences }
}

function subjectOf(request: string, watches: readonly string[]): string {
  const [method = '', path = ''] = request.split('\n')[0]!.slice(2).split(' ')
  if (method === 'watch') return watches[Number(path) - 1]?.replace(/^GET/, 'WATCH') ?? method
  return `${method} ${path.split('?')[0]}`
}

class OtherClient {
  readonly #send: Send
  /** Ours to theirs. */
  readonly #values = new Map<string, string>()
  readonly #watches: { reader: Reader; told: number }[] = []

  constructor(send: Send) {
    this.#send = send
  }

  /** The first line of the answer, and the objects of it. `ours`: what names stand where. */
  async carryOut(request: string, ours: readonly unknown[]): Promise<[string, unknown[]]> {
    const valued = request.replace(/<(uid|rv|continue) [A-Z]\d*>/g, (name) => this.#values.get(name) ?? name)
    const [line = '', ...rest] = valued.split('\n')
    const words = line.slice(2).split(' ')
    if (words[0] === 'hang') {
      this.#watches[Number(words[2]) - 1]?.reader.stop()
      return ['< gone', []]
    }
    if (words[0] === 'watch') return this.#toldBy(Number(words[1]), ours)
    const response = await this.#send(requestIn(line.slice(2), rest))
    if (response.body.kind === 'stream') {
      this.#watches.push({ reader: new Reader(response), told: 0 })
      return [`< ${response.status} as watch ${this.#watches.length}`, []]
    }
    const text = textOf(response)
    const type = response.headers['content-type'] ?? ''
    const head = `< ${response.status}${type === 'application/json' ? '' : ` ${type}`}`
    if (!type.startsWith('application/json') || text === '') return [head, []]
    return [head, [this.#named(JSON.parse(text), ours[0])]]
  }

  close(): void {
    for (const { reader } of this.#watches) reader.stop()
  }

  async #toldBy(number: number, ours: readonly unknown[]): Promise<[string, unknown[]]> {
    const watch = this.#watches[number - 1]
    if (watch === undefined) return ['< no watch', []]
    for (let i = 0; i < 40 && watch.reader.events.length - watch.told < ours.length; i++) await pause(50)
    const fresh = watch.reader.events.slice(watch.told)
    watch.told += fresh.length
    const head = `< ${watch.reader.state === 'open' ? `told ${fresh.length}` : watch.reader.state}`
    return [head, fresh.map((event, i) => this.#named(event, ours[i]))]
  }

  #named(object: unknown, ours: unknown): unknown {
    const shown = JSON.parse(JSON.stringify(object, shorter)) as unknown
    this.#learn(ours, shown)
    let text = JSON.stringify(shown)
    for (const [name, value] of this.#values) text = text.replaceAll(`"${value}"`, `"${name}"`)
    return JSON.parse(text.replace(/-[bcdfghjklmnpqrstvwxz2456789]{5}(?=")/g, '-<suffix>'))
  }

  #learn(ours: unknown, theirs: unknown): void {
    if (typeof ours === 'string' && typeof theirs === 'string') {
      for (const [name] of ours.matchAll(/^<(?:uid|rv|continue) [A-Z]\d*>$/g)) {
        // Of versions the newest counts: ours and theirs need not stand still at the same time.
        if (!this.#values.has(name) || name.startsWith('<rv')) this.#values.set(name, theirs)
      }
    } else if (isObject(ours) && isObject(theirs)) {
      for (const [key, value] of Object.entries(ours)) this.#learn(value, theirs[key])
    }
  }
}

type Add = (field: string, theirs: unknown, ours: unknown) => void

function compare(theirs: unknown, ours: unknown, path: string, add: Add): void {
  if (Array.isArray(theirs) && Array.isArray(ours)) compareLists(theirs, ours, `${path}[]`, add)
  else if (isObject(theirs) && isObject(ours)) {
    for (const key of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
      compare(theirs[key], ours[key], path === '' ? key : `${path}.${key}`, add)
    }
  } else if (!alike(theirs, ours, path)) add(path, theirs, ours)
}

/** What has a name is compared by its name, what is plain as a set. */
function compareLists(theirs: readonly unknown[], ours: readonly unknown[], path: string, add: Add): void {
  const byKey = (list: readonly unknown[]) =>
    new Map(list.map((item, at) => [isObject(item) ? (nameIn(item) ?? String(at)) : withoutChance(String(item)), item]))
  // Rules come in no order.
  const [a, b] = path.endsWith('Rules[]') ? [byKey(byText(theirs)), byKey(byText(ours))] : [byKey(theirs), byKey(ours)]
  for (const key of new Set([...a.keys(), ...b.keys()])) compare(a.get(key), b.get(key), path, add)
}

function byText(list: readonly unknown[]): unknown[] {
  return list
    .map((item) => JSON.stringify(item))
    .sort()
    .map((text) => JSON.parse(text) as unknown)
}

function nameIn(item: Readonly<Record<string, unknown>>): string | undefined {
  const { metadata, name, resource, subresource, version, type } = item
  const own = isObject(metadata) ? metadata.name : (resource ?? subresource ?? version ?? name ?? type)
  return typeof own === 'string' ? own : undefined
}

function alike(theirs: unknown, ours: unknown, path: string): boolean {
  if (typeof theirs !== 'string' || typeof ours !== 'string') return theirs === ours
  // Which version it is follows from what else was written; that there is one does not.
  return path.endsWith('resourceVersion') || withoutChance(theirs) === withoutChance(ours)
}

function withoutChance(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|<uid [A-Z]\d*>/g, '<uid>')
    .replace(/(in record \()(\d+|<rv [A-Z]\d*>)/g, '$1<rv>')
}

function messageOf(object: unknown): string {
  return isObject(object) && typeof object.message === 'string' ? object.message : ''
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function textOf({ body }: ApiResponse): string {
  if (body.kind === 'stream') return ''
  return Buffer.concat(body.kind === 'bytes' ? [body.bytes] : body.slices).toString('utf8')
}
