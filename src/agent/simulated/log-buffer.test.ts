import { expect, test } from 'vitest'
import type { ByteSink } from '../../api/wire.ts'
import { LogBuffer, logLimits } from './log-buffer.ts'

class Sink implements ByteSink {
  text = ''
  ended = false
  slow = false
  #waiting: (() => void)[] = []

  write(chunk: Uint8Array): boolean {
    this.text += Buffer.from(chunk).toString('utf8')
    return !this.slow
  }

  drained(): Promise<void> {
    return this.slow ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve()
  }

  catchUp(): void {
    this.slow = false
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  end(): void {
    this.ended = true
  }

  destroy(): void {}
}

const everything = { timestamps: false, follow: true }
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

test('the oldest lines are forgotten once there are too many bytes', async () => {
  const log = new LogBuffer()
  const line = 'x'.repeat(1023)
  for (let i = 0; i < 200; i++) log.write(i, `${i} ${line}`.slice(0, 1023))
  const sink = new Sink()
  log.read({ timestamps: false, follow: false }, sink)
  await turn()
  expect(sink.text.length).toBe(logLimits.bytes)
  expect(sink.text.startsWith('136 ')).toBe(true)
  expect(sink.ended).toBe(true)
})

test('a slow reader is waited for, and misses only what was forgotten meanwhile', async () => {
  const log = new LogBuffer()
  const sink = new Sink()
  sink.slow = true
  log.write(0, 'first')
  log.read(everything, sink)
  await turn()
  for (let i = 0; i < 10; i++) log.write(i, `line ${i}`)
  await turn()
  expect(sink.text).toBe('first\n')
  sink.catchUp()
  await turn()
  expect(sink.text.trim().split('\n')).toHaveLength(11)
  sink.slow = true
  for (let i = 0; i < 200; i++) log.write(i, `${i}`.padEnd(1023, 'x'))
  await turn()
  sink.catchUp()
  await turn()
  expect(sink.text.endsWith(`${'199'.padEnd(1023, 'x')}\n`)).toBe(true)
  log.end()
  await turn()
  expect(sink.ended).toBe(true)
})

test('who comes after the end reads what is there and is done', async () => {
  const log = new LogBuffer()
  log.write(0, 'a')
  log.end()
  log.write(1, 'too late')
  const sink = new Sink()
  log.read(everything, sink)
  await turn()
  expect([sink.text, sink.ended]).toEqual(['a\n', true])
})
