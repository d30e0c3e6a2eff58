// Log files of containers: written as containerd writes them, rotated as the kubelet rotates them, read as it reads them.

import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import type { ByteSink } from '../../api/wire.ts'
import type { LogSelection } from '../runtime.ts'
import { nanoTime, parseLine, withNineDecimals } from './cri-line.ts'
import { type LogReaderOptions, logReader, readLimits } from './log-reader.ts'
import { LogWriter, type WriteLimits, writeLimits } from './log-writer.ts'
import type { ContainerLogPlace } from './pod-log-place.ts'

const made: string[] = []
afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true })
})

function newPlace(): ContainerLogPlace {
  const podLogs = mkdtempSync(join(tmpdir(), 'everynode-logs-'))
  made.push(podLogs)
  return { podLogs, directories: ['default_web_u1', 'main'], file: '0.log' }
}

function directoryOf({ podLogs, directories }: ContainerLogPlace): string {
  const directory = join(podLogs, ...directories)
  mkdirSync(directory, { recursive: true })
  return directory
}

class Sink implements ByteSink {
  text = ''
  isOver: 'ended' | 'destroyed' | undefined
  isSlow = false
  #listeners: (() => void)[] = []

  write(chunk: Uint8Array): boolean {
    this.text += Buffer.from(chunk).toString('utf8')
    this.#tell()
    return !this.isSlow
  }

  async drained(): Promise<void> {
    await this.until(() => !this.isSlow)
  }

  catchUp(): void {
    this.isSlow = false
    this.#tell()
  }

  end(): void {
    this.isOver = 'ended'
    this.#tell()
  }

  destroy(): void {
    this.isOver = 'destroyed'
    this.#tell()
  }

  until(isTrue: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!isTrue()) return
        this.#listeners = this.#listeners.filter((listener) => listener !== look)
        resolve()
      }
      this.#listeners.push(look)
      look()
    })
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

const whole: LogSelection = { timestamps: false, follow: false }
const ended = { hasEnded: () => true }

async function readAll(options: LogReaderOptions, selection: Partial<LogSelection> = {}): Promise<string> {
  const sink = new Sink()
  logReader(options).read({ ...whole, ...selection }, sink)
  await sink.until(() => sink.isOver !== undefined)
  expect(sink.isOver).toBe('ended')
  return sink.text
}

const at = (second: number) => `2026-01-01T00:00:0${second}.5Z`
const threeLines = `${at(1)} stdout F one\n${at(2)} stderr F two\n${at(3)} stdout F three\n`

const selections: [name: string, file: string, selection: Partial<LogSelection>, read: string][] = [
  ['everything', threeLines, {}, 'one\ntwo\nthree\n'],
  ['an empty file', '', {}, ''],
  ['the last lines', threeLines, { tailLines: 2 }, 'two\nthree\n'],
  ['more than there are', threeLines, { tailLines: 9 }, 'one\ntwo\nthree\n'],
  ['none', threeLines, { tailLines: 0 }, ''],
  ['since a moment', threeLines, { sinceMs: Date.parse(at(2)) }, 'two\nthree\n'],
  ['of the last lines those since then', threeLines, { tailLines: 2, sinceMs: Date.parse(at(3)) }, 'three\n'],
  ['so many bytes', threeLines, { limitBytes: 6 }, 'one\ntw'],
  [
    'with times, nine decimals of each',
    threeLines,
    { timestamps: true, tailLines: 1 },
    '2026-01-01T00:00:03.500000000Z three\n',
  ],
  ['a limit counts the time', threeLines, { timestamps: true, limitBytes: 4 }, '2026'],
  [
    'parts of a line are one line',
    `${at(1)} stdout P on\n${at(2)} stdout F e\n${at(2)} stdout F two\n`,
    {},
    'one\ntwo\n',
  ],
  [
    'a line in parts has one time',
    `${at(1)} stdout P on\n${at(2)} stdout F e\n`,
    { timestamps: true },
    '2026-01-01T00:00:01.500000000Z one\n',
  ],
  ['a line without an end', `${at(1)} stdout F one\n${at(2)} stdout F tw`, {}, 'one\ntw\n'],
  ['its last line is that one', `${at(1)} stdout F one\n${at(2)} stdout F tw`, { tailLines: 1 }, 'tw\n'],
  ['tags that are not known yet', `${at(1)} stdout F:zip one\n`, {}, 'one\n'],
  ['an empty line', `${at(1)} stdout F \n`, {}, '\n'],
  [
    'what is no log line is passed over',
    `hello\n${at(1)} stdlog F x\n99 stdout F x\n${at(1)} stdout F one\n`,
    {},
    'one\n',
  ],
]

test.each(selections)('W9 reads %s', async (_name, file, selection, read) => {
  const place = newPlace()
  writeFileSync(join(directoryOf(place), place.file), file)
  expect(await readAll({ place, ...ended }, selection)).toBe(read)
})

test('a log that is not there reads as nothing', async () => {
  expect(await readAll({ place: newPlace(), ...ended })).toBe('')
})

test('the tail of a long file is found from its end', async () => {
  const place = newPlace()
  const lines = Array.from({ length: 20_000 }, (_, i) => `${at(1)} stdout F line ${i}\n`)
  writeFileSync(join(directoryOf(place), place.file), lines.join(''))
  expect((await readAll({ place, ...ended }, { tailLines: 5_000 })).split('\n')[0]).toBe('line 15000')
})

test('a line longer than any runtime writes is passed over', async () => {
  const place = newPlace()
  const long = `${at(1)} stdout F ${'x'.repeat(readLimits.lineBytes)}\n`
  writeFileSync(join(directoryOf(place), place.file), `${long}${at(1)} stdout F one\n`)
  expect((await readAll({ place, ...ended })) === 'one\n').toBe(true)
})

test('a reader that is slow is waited for', async () => {
  const place = newPlace()
  const line = `${at(1)} stdout F ${'x'.repeat(1000)}\n`
  writeFileSync(join(directoryOf(place), place.file), line.repeat(1000))
  const sink = new Sink()
  sink.isSlow = true
  logReader({ place, ...ended }).read(whole, sink)
  await sink.until(() => sink.text !== '')
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(sink.text.length).toBeLessThan(2 * readLimits.chunkBytes)
  sink.catchUp()
  await sink.until(() => sink.isOver !== undefined)
  expect(sink.text.length).toBe(1001 * 1000)
})

test.each([
  ['the file', (directory: string) => symlinkSync('/etc/passwd', join(directory, '0.log'))],
  [
    'its directory',
    (directory: string) => {
      const elsewhere = `${directory}-elsewhere`
      renameSync(directory, elsewhere)
      writeFileSync(join(elsewhere, '0.log'), threeLines)
      symlinkSync(elsewhere, directory)
    },
  ],
])('a link in place of %s is not followed, neither to read nor to write', async (_name, put) => {
  const place = newPlace()
  put(directoryOf(place))
  expect(await readAll({ place, ...ended })).toBe('')
  expect(() => new LogWriter({ place, now: Date.now, onLost: () => {} })).toThrow()
})

test('names cannot lead out of the directory of all logs', () => {
  const place: ContainerLogPlace = { ...newPlace(), directories: ['..', 'etc'] }
  expect(() => new LogWriter({ place, now: Date.now, onLost: () => {} })).toThrow('is no name of a file')
})

function followed(place: ContainerLogPlace, selection: Partial<LogSelection> = {}) {
  const listeners = new Set<() => void>()
  let hasEnded = false
  const sink = new Sink()
  const stop = logReader({
    place,
    hasEnded: () => hasEnded,
    onEnded(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }).read({ ...whole, follow: true, ...selection }, sink)
  const finish = () => {
    hasEnded = true
    for (const listener of listeners) listener()
  }
  return { sink, stop, finish }
}

test('who follows hears what comes, and is done once the container has ended', async () => {
  const place = newPlace()
  const path = join(directoryOf(place), place.file)
  writeFileSync(path, threeLines)
  const { sink, finish } = followed(place, { tailLines: 1 })
  await sink.until(() => sink.text === 'three\n')
  appendFileSync(path, `${at(4)} stdout F fo`)
  appendFileSync(path, `ur\n${at(4)} stdout F five\n`)
  await sink.until(() => sink.text === 'three\nfour\nfive\n')
  appendFileSync(path, `${at(4)} stdout F six\n`)
  finish()
  await sink.until(() => sink.isOver === 'ended')
  expect(sink.text).toBe('three\nfour\nfive\nsix\n')
})

test('who stops to follow is let go', async () => {
  const place = newPlace()
  writeFileSync(join(directoryOf(place), place.file), threeLines)
  const { sink, stop } = followed(place)
  await sink.until(() => sink.text.endsWith('three\n'))
  stop()
  await sink.until(() => sink.isOver === 'ended')
})

function newWriter(place: ContainerLogPlace, limits: Partial<WriteLimits> = {}, now = () => Date.parse(at(1))) {
  const onLost = (error: unknown) => {
    throw error
  }
  return new LogWriter({ place, now, limits: { ...writeLimits, ...limits }, onLost })
}

const written: [name: string, write: (writer: LogWriter) => void, file: string][] = [
  ['lines', (w) => w.write('stdout', Buffer.from('one\ntwo\n')), 'stdout F one\nstdout F two\n'],
  [
    'the streams are two',
    (w) => {
      w.write('stdout', Buffer.from('o'))
      w.write('stderr', Buffer.from('two\n'))
      w.write('stdout', Buffer.from('ne\n'))
    },
    'stderr F two\nstdout F one\n',
  ],
  [
    'a line that is too long, in parts',
    (w) => w.write('stdout', Buffer.from('123456789012\n')),
    'stdout P 12345678\nstdout F 9012\n',
  ],
  ['one that has no end', (w) => w.write('stderr', Buffer.from('123')), 'stderr P 123\n'],
]

test.each(written)('written as containerd writes it: %s', (_name, write, file) => {
  const place = newPlace()
  const writer = newWriter(place, { lineBytes: 8 })
  write(writer)
  writer.close()
  const text = readFileSync(join(directoryOf(place), place.file), 'utf8')
  expect(text.replaceAll('2026-01-01T00:00:01.500000000Z ', '')).toBe(file)
})

test('whatever is written in whatever pieces is read again', async () => {
  const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n', 'é') }), { maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(pieces, fc.integer({ min: 1, max: 9 }), async (texts, lineBytes) => {
      const place = newPlace()
      const writer = newWriter(place, { lineBytes })
      for (const text of texts) writer.write('stdout', Buffer.from(text))
      writer.close()
      expect(await readAll({ place, ...ended })).toBe(texts.join(''))
    }),
    { numRuns: 50 },
  )
})

test('a file that grows too large is rotated; the older ones are compressed, the oldest removed', async () => {
  const place = newPlace()
  const writer = newWriter(place, { fileBytes: 1000 })
  for (let i = 0; i < 200; i++) writer.write('stdout', Buffer.from(`line ${i}\n`))
  await writer.quiet
  writer.close()
  const names = readdirSync(directoryOf(place)).sort()
  expect(names).toHaveLength(5)
  expect(names.map((name) => name.replace(/\.\d{8}-\d{6}/, '.TIME'))).toEqual([
    '0.log',
    '0.log.TIME.gz',
    '0.log.TIME.gz',
    '0.log.TIME.gz',
    '0.log.TIME',
  ])
  const text = names.map((name) => {
    const bytes = readFileSync(join(directoryOf(place), name))
    expect(bytes.length).toBeLessThanOrEqual(1000)
    return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  })
  // The file that is written sorts first and is the last part.
  const lines = [...text.slice(1), text[0]].join('').trim().split('\n')
  const numbers = lines.map((line) => Number(line.split(' ').at(-1)))
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => 200 - numbers.length + i))
})

test('who follows misses no line of files that are rotated meanwhile', async () => {
  const place = newPlace()
  const writer = newWriter(place, { fileBytes: 2000, files: 100 })
  const { sink, finish } = followed(place)
  for (let i = 0; i < 300; i++) {
    writer.write('stdout', Buffer.from(`line ${i}\n`))
    // Never a whole file behind: what is compressed by then is no longer read.
    if (i % 20 === 0) await sink.until(() => sink.text.endsWith(`line ${i}\n`))
  }
  writer.close()
  await writer.quiet
  finish()
  await sink.until(() => sink.isOver !== undefined)
  expect(sink.text).toBe(Array.from({ length: 300 }, (_, i) => `line ${i}\n`).join(''))
})

test('a writer goes on where an earlier one was killed', () => {
  const place = newPlace()
  writeFileSync(join(directoryOf(place), '0.log.20250101-000000.tmp'), 'half a file')
  newWriter(place).write('stdout', Buffer.from('one\n'))
  const writer = newWriter(place)
  writer.write('stdout', Buffer.from('two\n'))
  writer.close()
  expect(readdirSync(directoryOf(place))).toEqual(['0.log'])
  expect(readFileSync(join(directoryOf(place), '0.log'), 'utf8').split('\n')).toHaveLength(3)
})

test('lines that cannot be written are lost, and that is told', () => {
  const place = newPlace()
  const lost: unknown[] = []
  const writer = new LogWriter({
    place,
    now: () => 0,
    limits: { ...writeLimits, fileBytes: 10 },
    onLost: (e) => lost.push(e),
  })
  writer.write('stdout', Buffer.from('one\n'))
  rmSync(directoryOf(place), { recursive: true })
  writer.write('stdout', Buffer.from('two\n'))
  expect(lost).toHaveLength(1)
  writer.close()
})

test('times', () => {
  expect(nanoTime(1.25)).toBe('1970-01-01T00:00:00.001250000Z')
  expect(withNineDecimals('2026-01-01T00:00:00Z')).toBe('2026-01-01T00:00:00.000000000Z')
  expect(withNineDecimals('2026-01-01T00:00:00.25+01:00')).toBe('2026-01-01T00:00:00.250000000+01:00')
  expect(parseLine(Buffer.from(`${at(1)} stdout P:x a b`))).toMatchObject({
    isPartial: true,
    stream: 'stdout',
    time: at(1),
  })
})
