import { beforeEach, describe, expect, test } from 'vitest'
import { apiserverWorld, settled, type World } from '../../../test/world.ts'
import type { ApiRequest, ApiResponse, Send } from '../../api/wire.ts'

const pods = '/api/v1/namespaces/default/pods'
const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'

let world: World
let kubelet: Send
const asked: ApiRequest[] = []
beforeEach(async () => {
  asked.length = 0
  kubelet = async () => ({ status: 200, headers: {}, body: { kind: 'bytes', bytes: Buffer.from('hello\n') } })
  world = await apiserverWorld({
    kubelets: (node) =>
      node === 'n1'
        ? (request) => {
            asked.push(request)
            return kubelet(request)
          }
        : undefined,
  })
})

async function createPod(name: string, spec: object = {}, ready = false): Promise<void> {
  const containers = [{ name: 'main', image: 'a' }]
  const body = { metadata: { name, labels: { app: 'x' } }, spec: { containers, ...spec } }
  expect((await world.ask(`POST ${pods}`, { body })).status).toBe(201)
  if (!ready) return
  const conditions = [{ type: 'Ready', status: 'True' }]
  const type = 'application/merge-patch+json'
  await world.ask(`PATCH ${pods}/${name}/status`, { type, body: { status: { phase: 'Running', conditions } } })
}

describe('W12.3 binding', () => {
  const bind = (name: string, node = 'n1', metadata: object = {}) =>
    world.ask(`POST ${pods}/${name}/binding`, {
      body: {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, ...metadata },
        target: { kind: 'Node', name: node },
      },
    })

  test('sets the node, the condition, the annotations; 201 Success', async () => {
    await createPod('p')
    const { status, json } = await bind('p', 'n1', { annotations: { by: 'me' } })
    expect(status).toBe(201)
    expect(json).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
    const pod = (await world.ask(`GET ${pods}/p`)).json
    expect(pod.spec.nodeName).toBe('n1')
    expect(pod.metadata.annotations).toEqual({ by: 'me' })
    expect(pod.status.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }])
  })

  test('W6.3 not twice, not when gated, not without a node', async () => {
    await createPod('p')
    await bind('p', 'node-0')
    expect((await bind('p')).json).toMatchObject({
      code: 409,
      message: 'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "node-0"',
    })
    await createPod('gated', { schedulingGates: [{ name: 'wait' }] })
    expect((await bind('gated')).status).toBe(409)
    await createPod('q')
    expect((await bind('q', '')).status).toBe(422)
    expect((await bind('nope')).status).toBe(404)
  })
})

describe('W12.8 eviction', () => {
  const evict = (name: string, deleteOptions?: object) =>
    world.ask(`POST ${pods}/${name}/eviction`, {
      body: { kind: 'Eviction', apiVersion: 'policy/v1', metadata: { name, namespace: 'default' }, deleteOptions },
    })
  const budget = (name: string, spec: object) =>
    world.ask(`POST ${budgets}`, {
      body: { metadata: { name }, spec: { selector: { matchLabels: { app: 'x' } }, ...spec } },
    })

  test('a graceful delete with the options it carries', async () => {
    await createPod('p', { nodeName: 'n1' }, true)
    const { status, json } = await evict('p', { gracePeriodSeconds: 7 })
    expect([status, json.status]).toEqual([201, 'Success'])
    const pod = (await world.ask(`GET ${pods}/p`)).json
    expect(pod.metadata.deletionGracePeriodSeconds).toBe(7)
    expect(pod.status.conditions.at(-1)).toMatchObject({ type: 'DisruptionTarget', reason: 'EvictionByEvictionAPI' })
    expect((await evict('nope')).status).toBe(404)
  })

  test('a budget blocks, in upstream’s words, and lets pods that are down go', async () => {
    await budget('pdb', { minAvailable: 2 })
    await createPod('a', { nodeName: 'n1' }, true)
    await createPod('b', { nodeName: 'n1' }, true)
    const { status, json } = await evict('a')
    expect(status).toBe(429)
    expect(json).toMatchObject({
      reason: 'TooManyRequests',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: {
        causes: [
          { reason: 'DisruptionBudget', message: 'The disruption budget pdb needs 2 healthy pods and has 2 currently' },
        ],
      },
    })
    await createPod('pending', { nodeName: 'n1' })
    expect((await evict('pending')).status).toBe(201)
  })

  test('two evictions at once cannot spend one budget twice', async () => {
    await budget('pdb', { maxUnavailable: 1 })
    for (const name of ['a', 'b', 'c']) await createPod(name, { nodeName: 'n1' }, true)
    const answers = await Promise.all(['a', 'b', 'c'].map((name) => evict(name)))
    expect(answers.map(({ status }) => status)).toEqual([201, 429, 429])
  })

  test('percentages, and more than one budget', async () => {
    await budget('pdb', { minAvailable: '50%' })
    for (const name of ['a', 'b']) await createPod(name, { nodeName: 'n1' }, true)
    expect((await evict('a')).status).toBe(201)
    expect((await evict('b')).status).toBe(429)
    await budget('second', { minAvailable: 0 })
    expect((await evict('b')).status).toBe(500)
  })
})

describe('W12.4 log', () => {
  test('the kubelet of the pod’s node is asked, and its words are passed on', async () => {
    await createPod('p', { nodeName: 'n1' })
    const { status, text, headers } = await world.ask(`GET ${pods}/p/log?tailLines=5&follow=true&bogus=1`)
    expect([status, text, headers['content-type']]).toEqual([200, 'hello\n', 'text/plain'])
    expect(asked[0]!.path).toBe('/containerLogs/default/p/main')
    expect(String(asked[0]!.query)).toBe('follow=true&tailLines=5')
  })

  test('a stream stays a stream', async () => {
    await createPod('p', { nodeName: 'n1' })
    kubelet = async (): Promise<ApiResponse> => {
      const start = (sink: { write(chunk: Uint8Array): boolean; end(): void }) => {
        sink.write(Buffer.from('a'))
        setImmediate(() => {
          sink.write(Buffer.from('b'))
          sink.end()
        })
        return () => {}
      }
      return { status: 200, headers: {}, body: { kind: 'stream', start } }
    }
    expect((await world.ask(`GET ${pods}/p/log?follow=1`)).text).toBe('ab')
  })

  const two = { nodeName: 'n1', containers: ['a', 'b'].map((name) => ({ name, image: 'x' })) }
  const table: [name: string, spec: object, query: string, code: number, message: string][] = [
    ['no such container', { nodeName: 'n1' }, 'container=x', 400, 'container x is not valid for pod p'],
    ['which one?', two, '', 400, 'a container name must be specified for pod p, choose one of: [a b]'],
    ['a node that does not run', { nodeName: 'n2' }, '', 500, 'the kubelet of node "n2" cannot be reached'],
    ['a bad number', { nodeName: 'n1' }, 'tailLines=-1', 422, 'tailLines: Invalid value: -1'],
  ]
  test.each(table)('%s', async (_name, spec, query, code, message) => {
    await createPod('p', spec)
    const { status, json } = await world.ask(`GET ${pods}/p/log?${query}`)
    expect(status).toBe(code)
    expect(json.message).toContain(message)
  })

  test('what the kubelet refuses is a Status; a pod nobody runs has said nothing', async () => {
    await createPod('p', { nodeName: 'n1' })
    const why = 'container "main" in pod "p" is waiting to start: ContainerCreating'
    kubelet = async () => ({ status: 400, headers: {}, body: { kind: 'bytes', bytes: Buffer.from(why) } })
    expect((await world.ask(`GET ${pods}/p/log`)).json).toMatchObject({ reason: 'BadRequest', message: why })
    await createPod('q')
    expect((await world.ask(`GET ${pods}/q/log`)).text).toBe('')
  })
})

test('a node writes its own objects and no others', async () => {
  const user = { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] }
  const create = (name: string) => world.ask('POST /api/v1/nodes', { user, body: { metadata: { name } } })
  expect((await create('n2')).status).toBe(403)
  expect((await create('n1')).status).toBe(201)
  await createPod('mine', { nodeName: 'n1' })
  await createPod('other', { nodeName: 'n2' })
  const patch = (name: string) =>
    world.ask(`PATCH ${pods}/${name}/status`, {
      user,
      type: 'application/merge-patch+json',
      body: { status: { phase: 'Running' } },
    })
  expect((await patch('mine')).status).toBe(200)
  expect((await patch('other')).status).toBe(403)
  await settled()
  expect(world.errors).toEqual([])
})
