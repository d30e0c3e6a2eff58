import { expect, onTestFinished, test } from 'vitest'
import { type AgentWorld, agentWorld, nodeUser, pass, settle } from '../../test/agent-world.ts'
import { conditionOf } from '../api/pods.ts'
import { nodes } from '../api/resources.ts'
import type { Node } from '../api/types.ts'
import { VirtualClock } from '../base/clock.ts'
import { silentLog } from '../base/log.ts'
import { seededRandom } from '../base/random.ts'
import { silentAnnotation, startFleet } from './fleet.ts'
import { NodeReporter } from './node-reporter.ts'

async function world(): Promise<AgentWorld> {
  const made = await agentWorld()
  onTestFinished(async () => {
    await made.fleet.stop()
    made.server.close()
    expect(made.errors).toEqual([])
  })
  return made
}

const addressOf = (node: Node) => node.status?.addresses?.[0]?.address

test('M11 nodes join by the hundred, each with an agent and an address of its own; removed ones have none', async () => {
  const { addNode, client, fleet } = await world()
  const names = Array.from({ length: 100 }, (_, i) => `n${i}`)
  await Promise.all(names.map((name) => addNode(name)))
  await settle(40)
  const { items } = await client.list<Node>(nodes)
  expect(items.filter(({ status }) => conditionOf(status, 'Ready')?.status === 'True')).toHaveLength(100)
  expect(new Set(items.map(addressOf)).size).toBe(100)
  expect(fleet.size).toBe(100)
  expect(fleet.kubelet('n7')).toBeDefined()
  await client.delete(nodes, { name: 'n7' })
  await settle()
  expect([fleet.size, fleet.kubelet('n7')]).toEqual([99, undefined])
})

test('a node that was removed before its agent had asked for it is not made again', async () => {
  const { client } = await world()
  const facts = (): never => {
    throw new Error('nobody needs to know')
  }
  const reporter = new NodeReporter({ client, clock: new VirtualClock(), nodeName: 'n1', facts, nodeComesFirst: true })
  await expect(reporter.register()).rejects.toMatchObject({ reason: 'NotFound' })
  expect((await client.list<Node>(nodes)).items).toEqual([])
})

test('a node without the label is none of ours, until it gets it; and no longer when it loses it', async () => {
  const { addNode, client, fleet } = await world()
  await addNode('real', { labels: {} })
  expect(fleet.size).toBe(0)
  const label = (value: string | null) =>
    client.patch(
      nodes,
      { name: 'real' },
      { type: 'merge', body: { metadata: { labels: { 'everynode.dev/runtime': value } } } },
    )
  await label('simulated')
  await settle()
  expect(fleet.size).toBe(1)
  await label(null)
  await settle()
  expect(fleet.size).toBe(0)
})

test('a node that falls silent sends no sign of life, and goes on where it was when it speaks again', async () => {
  const { addNode, addPod, client, fleet, node, pass, podLine } = await world()
  await addNode('n1')
  await addPod('p', 'n1')
  await pass(1000)
  const annotate = (value: string | null) =>
    client.patch(
      nodes,
      { name: 'n1' },
      { type: 'merge', body: { metadata: { annotations: { [silentAnnotation]: value } } } },
    )
  await annotate('true')
  await settle()
  expect(fleet.size).toBe(0)
  const heartbeat = conditionOf((await node('n1')).status, 'Ready')?.lastHeartbeatTime
  await pass(400_000)
  expect(conditionOf((await node('n1')).status, 'Ready')?.lastHeartbeatTime).toBe(heartbeat)
  await annotate(null)
  await pass(1000)
  expect([fleet.size, await podLine('p')]).toEqual([1, 'Running 1/1'])
})

test('the next start finds its nodes again, each at the address it had', async () => {
  const made = await world()
  const { addNode, addPod, client, clock, as, fleet } = made
  for (const name of ['a', 'b', 'c']) await addNode(name)
  await addPod('p', 'b')
  await made.pass(1000)
  const addresses = async () => (await client.list<Node>(nodes)).items.map(addressOf)
  const before = await addresses()
  await fleet.stop()
  await client.delete(nodes, { name: 'a' })
  const random = seededRandom(5)
  const next = startFleet({ client, clientFor: (name) => as(nodeUser(name)), clock, random, log: silentLog })
  await pass(made, 1000)
  await next.ready
  expect(await addresses()).toEqual(before.slice(1))
  await addNode('d')
  await pass(made, 1000)
  expect((await addresses())[2]).toBe(before[0])
  expect(await made.podLine('p')).toBe('Running 1/1')
  await next.stop()
})

test('a fleet that stops leaves no timer behind', async () => {
  const { addNode, addPod, clock, fleet, pass, server } = await world()
  for (const name of ['a', 'b', 'c']) await addNode(name)
  await addPod('p', 'b', {}, { 'simulated.everynode.dev/log-every-ms': '1000' })
  await pass(1000)
  await fleet.stop()
  server.close()
  await settle()
  expect(clock.untilNext()).toBeUndefined()
})
