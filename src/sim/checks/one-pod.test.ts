import { expect, test } from 'vitest'
import { daemonSets, pods } from '../../api/resources.ts'
import type { ApiObject } from '../../api/types.ts'
import type { Exchange } from '../exchange.ts'
import { Truth } from '../truth.ts'
import { onePod } from './one-pod.ts'

const controller = { who: 'system:controller:daemonset-controller' } as Exchange

test.each<[what: string, second: Exchange, finds: string[]]>([
  ['two pods that a controller made', controller, ['I1']],
  ['a second one that a copy of its request made, which was kept on the way', { ...controller, isRepeat: true }, []],
  ['a second one of a controller that died', { ...controller, id: 2 }, ['I1']],
  ['a second one that a person made', { who: 'kubernetes-admin' } as Exchange, []],
])('I1 on one node, %s: %j', (_, second, finds) => {
  const truth = new Truth()
  const found: string[] = []
  const violated = (invariant: string) => void found.push(invariant)
  const check = onePod({ truth, stalenessMs: 1_000, controllers: 1, violated })
  const hear = (collection: string, object: ApiObject, by: Exchange | undefined) => {
    const record = { key: object.metadata.name ?? '', revision: 1, bytes: Buffer.from(JSON.stringify(object)) }
    const change = truth.hear({ type: 'created', collection, revision: 1, record, previous: undefined }, by, 5_000)
    check.change?.(change)
  }
  const spec = { template: { spec: {} } }
  hear(daemonSets.collection, { metadata: { name: 'logger', uid: 'u' }, spec } as ApiObject, undefined)
  hear(pods.collection, pod('logger-1', 'old'), controller)
  hear(pods.collection, pod('logger-2', 'new'), second)
  expect(found).toEqual(finds)
})

function pod(name: string, hash: string): ApiObject {
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'logger', uid: 'u', controller: true }]
  const labels = { 'controller-revision-hash': hash }
  return { metadata: { name, uid: name, labels, ownerReferences }, spec: { nodeName: 'n1' } } as ApiObject
}
