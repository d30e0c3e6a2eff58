import { afterEach, beforeEach, expect, test } from 'vitest'
import { DaemonSetCluster, daemonSet, loggerOf } from '../../../test/daemonset-cluster.ts'
import { at, hashOf, running } from '../../../test/daemonset-logger.ts'
import { controllerRevisions, daemonSets, pods } from '../../api/resources.ts'
import type { ControllerRevision, DaemonSet } from '../../api/types.ts'

// Upstream's end-to-end scenarios by name (test/e2e/apps/daemon_set.go, controller_revision.go): the real API server, the
// real controller, a kubelet of a few lines.

let cluster: DaemonSetCluster
let logger: ReturnType<typeof loggerOf>
beforeEach(() => {
  cluster = new DaemonSetCluster()
  logger = loggerOf(cluster)
})
afterEach(() => cluster.stop())

test('e2e-run-and-stop-simple: a pod that is deleted comes back', async () => {
  await running(cluster, 3)
  await cluster.admin.delete(pods, at(cluster.pods[0]!))
  await cluster.pass(5000)
  expect(cluster.table()).toBe('n1 ready 1 | n2 ready 1 | n3 ready 1')
})

test('e2e-run-and-stop-complex: a selector, a label, another label, another selector', async () => {
  const object = daemonSet('logger:1', { updateStrategy: { type: 'OnDelete' } })
  object.spec.template.spec.nodeSelector = { color: 'blue' }
  await cluster.addNodes(2)
  await cluster.start()
  await logger.create(object)
  await cluster.pass(2000)
  expect(cluster.table()).toBe('')
  await cluster.labelNode('n1', { color: 'blue' })
  await cluster.pass(2000)
  expect(cluster.table()).toBe('n1 ready 1')
  await cluster.labelNode('n1', { color: 'green' })
  await cluster.pass(2000)
  expect(cluster.table()).toBe('')
  await logger.patch({
    spec: { template: { spec: { nodeSelector: { color: 'green' } } }, updateStrategy: { type: 'RollingUpdate' } },
  })
  await cluster.pass(2000)
  expect(cluster.table()).toBe('n1 ready 1')
})

test('e2e-run-and-stop-node-affinity: the same by required affinity', async () => {
  const object = daemonSet()
  object.spec.template.spec.affinity = {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'color', operator: 'In', values: ['blue'] }] }],
      },
    },
  }
  await cluster.addNodes(2)
  await cluster.start()
  await logger.create(object)
  await cluster.labelNode('n1', { color: 'blue' })
  await cluster.pass(2000)
  expect(cluster.table()).toBe('n1 ready 1')
  await cluster.labelNode('n1', { color: null })
  await cluster.pass(2000)
  expect(cluster.table()).toBe('')
})

test('e2e-retry-failed: a pod that failed is replaced, and gone', async () => {
  await running(cluster, 2)
  const [first] = cluster.pods
  await cluster.report(first!, { phase: 'Failed' })
  await cluster.pass(20_000)
  expect(cluster.table()).toBe('n1 ready 1 | n2 ready 1')
  expect(cluster.pods.map((pod) => pod.metadata.uid)).not.toContain(first!.metadata.uid)
})

test('e2e-on-delete: a new revision is made, and the pods keep theirs', async () => {
  await running(cluster, 2, { updateStrategy: { type: 'OnDelete' } })
  await logger.setImage('logger:2')
  await cluster.pass(20_000)
  const [first, second] = await logger.revisions()
  expect([first?.revision, second?.revision]).toEqual([1, 2])
  expect(cluster.pods.map(hashOf)).toEqual([hashOf(first), hashOf(first)])
})

test('e2e-rolling-update: revision 1 to 2, every pod carries the new hash', async () => {
  await running(cluster, 3)
  await logger.setImage('logger:2')
  await cluster.pass(30_000)
  const [, second] = await logger.revisions()
  expect(second?.revision).toBe(2)
  expect(new Set(cluster.pods.map(hashOf))).toEqual(new Set([hashOf(second)]))
})

test('e2e-rollback: going back in the middle keeps what had not been touched', async () => {
  await running(cluster, 3)
  const before = new Set(cluster.pods.map((pod) => pod.metadata.uid))
  const [first] = await logger.revisions()
  cluster.kubelets.set('n1', 'hangs')
  await logger.setImage('broken:1')
  await cluster.pass(5000)
  cluster.kubelets.clear()
  await logger.patch(first!.data)
  await cluster.pass(20_000)
  expect(cluster.table()).toBe('n1 ready 1 | n2 ready 1 | n3 ready 1')
  expect(cluster.pods.filter((pod) => before.has(pod.metadata.uid))).toHaveLength(2)
})

test('e2e-surge: whatever is killed meanwhile, never two of one revision on a node, nor more than two', async () => {
  await running(cluster, 5, {
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: '20%' } },
  })
  const worst = { perNode: 0, perRevision: 0 }
  const stop = cluster.store.subscribe(pods.collection, () => {
    const live = cluster.pods.filter((pod) => pod.metadata.deletionTimestamp === undefined)
    for (const node of new Set(live.map((pod) => pod.spec.nodeName))) {
      const here = live.filter((pod) => pod.spec.nodeName === node)
      worst.perNode = Math.max(worst.perNode, here.length)
      for (const hash of here.map(hashOf)) {
        worst.perRevision = Math.max(worst.perRevision, here.filter((pod) => hashOf(pod) === hash).length)
      }
    }
  })
  await logger.patch({
    spec: { minReadySeconds: 1, template: { spec: { containers: [{ name: 'c', image: 'logger:2' }] } } },
  })
  for (let i = 0; i < 12; i++) {
    await cluster.pass(1500)
    const victim = cluster.pods[i % cluster.pods.length]!
    if (i % 3 === 0) await cluster.admin.delete(pods, at(victim)).catch(() => undefined)
    else if (i % 3 === 1) await cluster.setReady(victim, false)
  }
  for (const pod of cluster.pods) await cluster.setReady(pod, true)
  await cluster.pass(60_000)
  stop()
  expect(worst).toEqual({ perNode: 2, perRevision: 1 })
  expect(cluster.table().match(/ready 2/g)).toHaveLength(5)
})

test('e2e-list-and-delete-collection: deleted together, with all their pods', async () => {
  await running(cluster, 2)
  const twin = daemonSet('twin:1')
  twin.metadata.name = 'twin'
  twin.spec.selector = { matchLabels: { app: 'twin' } }
  twin.spec.template.metadata = { labels: { app: 'twin' } }
  for (const object of [twin]) await logger.create(object)
  await cluster.pass(5000)
  expect(await cluster.list<DaemonSet>(daemonSets)).toHaveLength(2)
  await cluster.admin.raw({ method: 'DELETE', path: '/apis/apps/v1/namespaces/default/daemonsets' })
  await cluster.pass(10_000)
  expect([await cluster.list(daemonSets), cluster.pods]).toEqual([[], []])
})

test('e2e-status: conditions are the users’, and the controller keeps them (R7.5)', async () => {
  await running(cluster, 1)
  const conditions = [{ type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test' }]
  await cluster.admin.patch<DaemonSet>(
    daemonSets,
    { namespace: 'default', name: 'logger' },
    { type: 'merge', body: { status: { conditions } } },
    { subresource: 'status' },
  )
  await cluster.addNode('n2')
  await cluster.pass(5000)
  expect(await logger.status()).toMatchObject({ conditions, numberReady: 2 })
})

test('e2e-controller-revision: patched, made twice, deleted; the number goes on', async () => {
  await running(cluster, 1)
  const [first] = await logger.revisions()
  await cluster.admin.patch(controllerRevisions, at(first!), {
    type: 'merge',
    body: { metadata: { labels: { e2e: 'yes' } } },
  })
  const { resourceVersion, uid, creationTimestamp, ...metadata } = first!.metadata
  await cluster.stopController()
  await cluster.admin.create<ControllerRevision>(controllerRevisions, {
    ...first!,
    metadata: { ...metadata, name: 'logger-copy' },
    revision: first!.revision + 1,
  })
  await cluster.admin.delete(controllerRevisions, at(first!))
  await cluster.start()
  await logger.setImage('logger:2')
  await cluster.pass(10_000)
  const revisions = await logger.revisions()
  expect(revisions.map(({ revision }) => revision)).toEqual([2, 3])
  expect(cluster.pods.map(hashOf)).toEqual([hashOf(revisions[1])])
})

test('e2e-restart: a controller that starts anew creates and deletes nothing', async () => {
  await running(cluster, 3)
  const before = cluster.pods.map((pod) => pod.metadata.uid)
  await cluster.stopController()
  const written = cluster.written.length
  await cluster.start()
  await cluster.pass(10_000)
  expect([cluster.pods.map((pod) => pod.metadata.uid), cluster.written.length]).toEqual([before, written])
})
