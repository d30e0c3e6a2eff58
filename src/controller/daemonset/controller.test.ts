import { afterEach, expect, test } from 'vitest'
import { DaemonSetCluster, daemonSet } from '../../../test/daemonset-cluster.ts'
import { daemonSets } from '../../api/resources.ts'
import type { DaemonSet } from '../../api/types.ts'

let cluster: DaemonSetCluster
afterEach(() => cluster.stop())

test('M1 M2 a pod on every node, counted in the status', async () => {
  cluster = new DaemonSetCluster()
  await cluster.addNodes(3)
  await cluster.start()
  await cluster.admin.create(daemonSets, daemonSet())
  await cluster.settle()
  expect(cluster.table()).toBe('n1 Pending 1 | n2 Pending 1 | n3 Pending 1')
  await cluster.pass(2000)
  expect(cluster.table()).toBe('n1 ready 1 | n2 ready 1 | n3 ready 1')
  const { status } = await cluster.admin.get<DaemonSet>(daemonSets, { namespace: 'default', name: 'logger' })
  expect(status).toMatchObject({ desiredNumberScheduled: 3, numberReady: 3, numberAvailable: 3, observedGeneration: 1 })
  console.log(cluster.written, await cluster.events())
})
