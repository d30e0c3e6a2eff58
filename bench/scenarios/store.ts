// F13 and the store's part of F2: durable writes, listings, and opening what is there. Each half is a process of its
// own, so that the memory of one is not in the figures of the other.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Scenario } from '../scenario.ts'

export const store: Scenario = {
  name: 'store',
  question: 'the lmdb store alone, with records of 2 KB',
  runs: 3,
  records: 150_000,
  metrics: [
    { name: 'durable writes, one after another', unit: '/s' },
    { name: 'durable writes, 64 at a time', unit: '/s' },
    { name: 'writes that need not be durable', unit: '/s' },
    { name: 'filling it, 1,000 at a time', unit: '/s' },
    { name: 'open', unit: 'ms', goal: { id: 'F13', atRecords: 150_000, better: 'less', must: 6000, moonshot: 1500 } },
    { name: 'CPU of open', unit: 'ms' },
    { name: 'RssAnon of a record', unit: 'B' },
    { name: 'list all, in order', unit: 'ms' },
    { name: 'list 5,000 of them', unit: 'ms' },
    { name: 'a page of 500, as it was 1,000 writes ago', unit: 'ms' },
    { name: 'count by prefix', unit: 'µs' },
    { name: 'get', unit: 'µs' },
  ],

  async run({ directory, records, say }) {
    const where = join(directory, 'store')
    const written = await child('write', where, records)
    say(`${records} records written`)
    return { ...written, ...(await child('read', where, records)) }
  },
}

async function child(what: 'write' | 'read', directory: string, records: number): Promise<Record<string, number>> {
  const script = fileURLToPath(new URL('./store-process.ts', import.meta.url))
  const words = ['--expose-gc', '--import', 'tsx', script, what, directory, String(records)]
  const { stdout } = await promisify(execFile)(process.execPath, words)
  return JSON.parse(stdout)
}
