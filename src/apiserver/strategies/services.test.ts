import { beforeEach, describe, expect, test } from 'vitest'
import { apiserverWorld, type World } from '../../../test/world.ts'

const path = '/api/v1/namespaces/default/services'
const merge = 'application/merge-patch+json'

let world: World
beforeEach(async () => {
  world = await apiserverWorld()
})

const create = (name: string, spec: object) => world.ask(`POST ${path}`, { body: { metadata: { name }, spec } })
const change = (name: string, spec: object) => world.ask(`PATCH ${path}/${name}`, { type: merge, body: { spec } })
const ports = [{ port: 80 }]

describe('W14.4 addresses', () => {
  test('each service gets one of its own, and keeps it', async () => {
    const [a, b] = [await create('a', { ports }), await create('b', { ports })]
    expect([a.json.spec.clusterIP, b.json.spec.clusterIP]).toEqual(['10.96.0.2', '10.96.0.3'])
    expect(a.json.spec).toMatchObject({
      clusterIPs: ['10.96.0.2'],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
    })
    const put = await world.ask(`PUT ${path}/a`, { body: { metadata: { name: 'a' }, spec: { ports: [{ port: 81 }] } } })
    expect(put.json.spec).toMatchObject({ clusterIP: '10.96.0.2', clusterIPs: ['10.96.0.2'] })
    const none = await create('c', { clusterIP: 'None', selector: { a: 'b' } })
    expect(none.json.spec).toMatchObject({ clusterIP: 'None', clusterIPs: ['None'] })
    const external = await create('d', { type: 'ExternalName', externalName: 'example.com' })
    expect(external.json.spec.clusterIP).toBeUndefined()
  })

  const refused: [clusterIP: string, why: string][] = [
    [
      '10.96.0.1',
      'spec.clusterIPs: Invalid value: ["10.96.0.1"]: failed to allocate IP 10.96.0.1: provided IP is already allocated',
    ],
    [
      '192.0.2.1',
      'spec.clusterIPs: Invalid value: ["192.0.2.1"]: failed to allocate IP 192.0.2.1: the provided IP (192.0.2.1) is not in the valid range. The range of valid IPs is 10.96.0.0/16',
    ],
    [
      'nonsense',
      'spec.clusterIPs[0]: Invalid value: "nonsense": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [
      '10.96.0.01',
      'spec.clusterIPs[0]: Invalid value: "10.96.0.01": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
  ]
  test.each(refused)('%s is refused', async (clusterIP, why) => {
    const { status, json } = await create('a', { clusterIP, ports })
    expect([status, json.message]).toEqual([422, `Service "a" is invalid: ${why}`])
  })

  test('one that was given stays', async () => {
    await create('a', { ports })
    const { status, json } = await change('a', { clusterIP: '10.96.9.9' })
    expect([status, json.message]).toEqual([
      422,
      'Service "a" is invalid: spec.clusterIPs[0]: Invalid value: ["10.96.9.9"]: may not change once set',
    ])
    expect((await change('a', { type: 'ExternalName', externalName: 'example.com', clusterIP: null })).status).toBe(200)
  })
})

describe('W14.4 ports on every node', () => {
  test('are drawn, kept, and given back', async () => {
    const { json } = await create('a', { type: 'NodePort', ports })
    const { nodePort } = json.spec.ports[0]
    expect(nodePort).toBeGreaterThanOrEqual(30_000)
    expect(nodePort).toBeLessThan(32_768)
    const taken = await create('b', { type: 'NodePort', ports: [{ port: 80, nodePort }] })
    expect(taken.json.message).toBe(
      `Service "b" is invalid: spec.ports[0].nodePort: Invalid value: ${nodePort}: provided port is already allocated`,
    )
    const more = await change('a', {
      ports: [
        { port: 80, protocol: 'TCP', name: 'x' },
        { port: 81, name: 'y' },
      ],
    })
    expect(more.json.spec.ports[0].nodePort).toBe(nodePort)
    expect(more.json.spec.ports[1].nodePort).toBeGreaterThanOrEqual(30_000)
    const inside = await change('a', { type: 'ClusterIP' })
    expect(inside.json.spec.ports.map((port: { nodePort?: number }) => port.nodePort)).toEqual([undefined, undefined])
    expect((await create('b', { type: 'NodePort', ports: [{ port: 80, nodePort }] })).status).toBe(201)
  })

  test('outside of the range there are none', async () => {
    const { json } = await create('a', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] })
    expect(json.message).toBe(
      'Service "a" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    )
  })
})
