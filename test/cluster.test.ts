import { expect, test } from 'vitest'
import { VirtualClock } from '../src/base/clock.ts'
import { silentLog } from '../src/base/log.ts'
import { seededRandom } from '../src/base/random.ts'
import { addSimulatedNodes } from '../src/cli/host/simulated-nodes.ts'
import { Unreachable } from '../src/client/client.ts'
import { administrator, startCluster } from '../src/cluster.ts'
import { createMemoryStore } from '../src/store/memory.ts'

test('a cluster whose nodes cannot register stops at once', async () => {
  let isReady = false
  const cluster = startCluster({
    store: createMemoryStore(),
    clock: new VirtualClock(),
    random: seededRandom(1),
    log: silentLog,
    caCertificate: '',
    network: (who, send) =>
      who.startsWith('system:node:') ? async () => Promise.reject(new Unreachable('nobody there')) : send,
  })
  cluster.ready.then(
    () => (isReady = true),
    () => {},
  )
  await addSimulatedNodes(cluster.clientFor(administrator), ['n1'])
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
  await cluster.stop()
  expect(isReady).toBe(false)
})
