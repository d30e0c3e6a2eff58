import { expect, test } from 'vitest'
import { VirtualClock } from '../src/base/clock.ts'
import { silentLog } from '../src/base/log.ts'
import { seededRandom } from '../src/base/random.ts'
import { addSimulatedNodes } from '../src/cli/host/simulated-nodes.ts'
import { Unreachable } from '../src/client/client.ts'
import { administrator, startCluster } from '../src/cluster.ts'
import { createMemoryStore } from '../src/store/memory.ts'
import { recordWatches } from './watch-recorder.ts'

test('a cluster whose nodes cannot register stops at once', async () => {
  let isReady = false
  const store = createMemoryStore()
  const recorder = recordWatches(store)
  const cluster = startCluster({
    store,
    clock: new VirtualClock(),
    random: seededRandom(1),
    log: silentLog,
    caCertificate: '',
    network: (who, send) =>
      who.startsWith('system:node:')
        ? async () => Promise.reject(new Unreachable('nobody there'))
        : recorder.listeningTo(send),
  })
  cluster.ready.then(
    () => (isReady = true),
    () => {},
  )
  await addSimulatedNodes(cluster.clientFor(administrator), ['n1'])
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(recorder.problems()).toEqual([])
  await cluster.stop()
  expect(isReady).toBe(false)
})
