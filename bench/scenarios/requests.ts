// F2, F6, F7: what one request costs, over TLS from another process: creating pods, listing all of them, reading one.

import { pods } from '../../src/api/resources.ts'
import { type Everynode, startEverynode } from '../everynode.ts'
import type { Scenario } from '../scenario.ts'
import { inTurns, makePods, nameOfPod } from '../stored-pods.ts'

const lists = 20
const gets = 5_000

export const requests: Scenario = {
  name: 'requests',
  question: 'pods created, listed and read over TLS by another process, in a cluster without nodes',
  runs: 3,
  records: 5_000,
  metrics: [
    {
      name: 'durable creates, 64 at a time',
      unit: '/s',
      goal: { id: 'F2', better: 'more', must: 2907, moonshot: 8000 },
    },
    { name: 'durable creates, one by one', unit: '/s', goal: { id: 'F2', better: 'more', must: 981, moonshot: 2500 } },
    { name: 'CPU of a create', unit: 'ms' },
    { name: 'list', unit: 'ms', goal: { id: 'F6', atRecords: 5000, better: 'less', must: 42, moonshot: 10 } },
    { name: 'CPU of a list', unit: 'ms', goal: { id: 'F6', atRecords: 5000, better: 'less', must: 42, moonshot: 10 } },
    { name: 'bytes of a list', unit: 'MB' },
    { name: 'CPU of a get', unit: 'ms', goal: { id: 'F7', better: 'less', must: 0.26, moonshot: 0.1 } },
    { name: 'gets, 64 at a time', unit: '/s' },
    { name: 'RssAnon of a pod', unit: 'B' },
  ],

  async run({ directory, records, say }) {
    const everynode = await startEverynode(directory, ['--nodes', '0'])
    const { client } = everynode
    try {
      await makePods(client, 1_000, 64, 'warm')
      await client.raw({ method: 'DELETE', path: '/api/v1/namespaces/default/pods', query: { gracePeriodSeconds: 0 } })
      const [anonymous, cpuBefore] = [everynode.anonymousBytes(), everynode.cpuNs()]
      const perSecond = await makePods(client, records)
      const createMs = (everynode.cpuNs() - cpuBefore) / 1e6 / records
      const ofPod = (everynode.anonymousBytes() - anonymous) / records
      const oneByOne = await makePods(client, 500, 1, 'single')
      say(`${records} pods`)
      const list = await listing(everynode)
      return {
        'durable creates, 64 at a time': perSecond,
        'durable creates, one by one': oneByOne,
        'CPU of a create': createMs,
        ...list,
        ...(await getting(everynode, records)),
        'RssAnon of a pod': ofPod,
      }
    } finally {
      await everynode.stop()
    }
  },
}

async function listing({ client, cpuNs }: Everynode): Promise<Record<string, number>> {
  const list = () => client.raw({ method: 'GET', path: '/api/v1/pods' })
  const bytes = Buffer.byteLength((await list()).text)
  const [startedMs, cpuBefore] = [performance.now(), cpuNs()]
  for (let i = 0; i < lists; i++) await list()
  return {
    list: (performance.now() - startedMs) / lists,
    'CPU of a list': (cpuNs() - cpuBefore) / 1e6 / lists,
    'bytes of a list': bytes / 1024 ** 2,
  }
}

async function getting({ client, cpuNs }: Everynode, records: number): Promise<Record<string, number>> {
  const get = (i: number) => client.get(pods, { namespace: 'default', name: nameOfPod((i * 7919) % records) })
  await inTurns(500, 64, get)
  const [startedMs, cpuBefore] = [performance.now(), cpuNs()]
  await inTurns(gets, 64, get)
  return {
    'gets, 64 at a time': (gets / (performance.now() - startedMs)) * 1000,
    'CPU of a get': (cpuNs() - cpuBefore) / 1e6 / gets,
  }
}
