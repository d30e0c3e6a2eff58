// F13: a cluster that has grown large is started again: from the start of the process until its first list is answered.

import { join } from 'node:path'
import { openLmdbStore } from '../../src/store/lmdb.ts'
import { startEverynode } from '../everynode.ts'
import type { Scenario } from '../scenario.ts'
import { nameOfPod, podNumber } from '../stored-pods.ts'

export const recover: Scenario = {
  name: 'recover',
  question: 'the start of `everynode up` on a store that holds many pods',
  runs: 3,
  records: 150_000,
  metrics: [
    { name: 'start to /readyz', unit: 's' },
    {
      name: 'start to the first list of 500',
      unit: 's',
      goal: { id: 'F13', atRecords: 150_000, better: 'less', must: 6, moonshot: 1.5 },
    },
    { name: 'CPU until then', unit: 's' },
    { name: 'RssAnon then', unit: 'MB' },
  ],

  async run({ directory, records, say }) {
    // The first start makes the data directory; nothing of the cluster is written by hand but the pods.
    await (await startEverynode(directory, ['--nodes', '0'])).stop()
    await fill(join(directory, 'data', 'store'), records)
    say(`${records} pods stored`)
    const everynode = await startEverynode(directory, ['--nodes', '0'])
    try {
      const { status, text } = await everynode.client.raw({
        method: 'GET',
        path: '/api/v1/pods',
        query: { limit: 500 },
      })
      const atMs = performance.now()
      const count = status === 200 ? JSON.parse(text).items.length : 0
      if (count !== Math.min(500, records)) throw new Error(`the first list has ${count} pods, and says ${status}`)
      return {
        'start to /readyz': (everynode.readyMs - everynode.startedMs) / 1000,
        'start to the first list of 500': (atMs - everynode.startedMs) / 1000,
        'CPU until then': everynode.cpuNs() / 1e9,
        'RssAnon then': everynode.anonymousBytes() / 1024 ** 2,
      }
    } finally {
      await everynode.stop()
    }
  },
}

async function fill(directory: string, records: number): Promise<void> {
  const store = await openLmdbStore({ directory })
  for (let first = 0; first < records; first += 1_000) {
    const length = Math.min(1_000, records - first)
    await Promise.all(
      Array.from({ length }, (_, i) => {
        const key = `default/${nameOfPod(first + i)}`
        return store.write({ collection: 'pods', key, expect: 0, encode: (revision) => stored(first + i, revision) })
      }),
    )
  }
  await store.close()
}

/** As the API server writes it: the resourceVersion first. */
function stored(i: number, revision: number): Uint8Array {
  const { kind, apiVersion, metadata, spec } = podNumber(i)
  const uid = `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`
  const creationTimestamp = '2026-01-01T00:00:00Z'
  const complete = { resourceVersion: String(revision), ...metadata, uid, creationTimestamp }
  return Buffer.from(JSON.stringify({ kind, apiVersion, metadata: complete, spec, status: { phase: 'Pending' } }))
}
