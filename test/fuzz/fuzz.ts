// Feeds one target for a while, or with what once crashed it. A crash becomes a file of the corpus, which every later
// run begins with.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Target } from './targets.ts'

const corpus = new URL('./corpus/', import.meta.url)

/** The longest one input may take; the machine may be busy, so it is what the processor spent that counts. */
const inputMs = 250

export interface CorpusFile {
  readonly file: string
  readonly target: string
  readonly input: unknown
}

export function corpusFiles(): CorpusFile[] {
  mkdirSync(corpus, { recursive: true })
  const files = readdirSync(corpus).filter((file) => file.endsWith('.json'))
  return files.map((file) => ({ file, ...JSON.parse(readFileSync(new URL(file, corpus), 'utf8')) }))
}

export async function feed(name: string, target: Target, options: fc.Parameters<[unknown]>): Promise<void> {
  const property = fc.asyncProperty(target.inputs, (input) => take(target, input))
  const { failed, counterexample, errorInstance, seed } = await fc.check(property, options)
  if (!failed) return
  const [input] = counterexample ?? []
  const cause = errorInstance instanceof Error ? errorInstance : new Error(String(errorInstance))
  const file = keep(name, input)
  throw new Error(
    `${name}: ${cause.message}\ninput: ${JSON.stringify(input)}\nkept in test/fuzz/corpus/${file}, seed ${seed}`,
    { cause },
  )
}

export async function take(target: Target, input: unknown): Promise<void> {
  const cpu = process.cpuUsage()
  await target.check(input)
  const { user, system } = process.cpuUsage(cpu)
  expect((user + system) / 1000, 'ms for one input').toBeLessThan(inputMs)
}

function keep(target: string, input: unknown): string {
  const text = `${JSON.stringify({ target, input }, undefined, 1)}\n`
  const file = `${target.replaceAll(' ', '-')}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}.json`
  writeFileSync(new URL(file, corpus), text)
  return file
}
