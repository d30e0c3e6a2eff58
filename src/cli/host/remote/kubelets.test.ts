import { expect, test } from 'vitest'
import type { NodeStatus } from '../../../api/types.ts'
import type { Send } from '../../../api/wire.ts'
import { readBody } from '../../../client/body.ts'
import { apiRequest } from '../../../client/request.ts'
import { forApiserverOnly } from '../../agent/own-api.ts'
import { announcedHost, certificateHosts } from '../own-addresses.ts'
import { kubeletServer, whyNotNode } from './kubelets.ts'

const at = (...addresses: [type: string, address: string][]): NodeStatus => ({
  addresses: addresses.map(([type, address]) => ({ type, address })),
  daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
})

const places: [status: NodeStatus | undefined, server: string | undefined][] = [
  [at(['Hostname', 'a'], ['InternalIP', '10.0.0.2'], ['ExternalIP', '192.0.2.7']), 'https://10.0.0.2:10250'],
  [at(['ExternalIP', '192.0.2.7'], ['Hostname', 'a']), 'https://192.0.2.7:10250'],
  [at(['Hostname', 'a']), 'https://a:10250'],
  [at(['InternalIP', 'fd00::2']), 'https://[fd00::2]:10250'],
  [at(['InternalDNS', 'a.local']), undefined],
  [at(['InternalIP', 'no address/../']), undefined],
  [{ ...at(['InternalIP', '10.0.0.2']), daemonEndpoints: { kubeletEndpoint: { Port: 0 } } }, undefined],
  [{ addresses: [{ type: 'InternalIP', address: '10.0.0.2' }] }, undefined],
  [undefined, undefined],
]

test.each(places)('%j is asked at %s', (status, server) => {
  expect(kubeletServer({ metadata: {}, ...(status === undefined ? {} : { status }) })).toBe(server)
})

test('B7 whoever answers at a node’s address must be that node', () => {
  const subject = (CN: unknown) => ({ subject: { CN } }) as Parameters<typeof whyNotNode>[0]
  expect(whyNotNode(subject('system:node:a'), 'a')).toBeUndefined()
  expect(whyNotNode(subject('system:node:b'), 'a')).toBe('whoever answers there is system:node:b, not node "a"')
  expect(whyNotNode(subject(['system:node:a', 'system:node:b']), 'a')).toContain('not node "a"')
  expect(whyNotNode(subject(undefined), 'a')).toContain('not node "a"')
})

const callers: [user: string | undefined, path: string, status: number][] = [
  ['kube-apiserver-kubelet-client', '/containerLogs/default/p/c', 200],
  ['system:node:b', '/containerLogs/default/p/c', 403],
  ['kubernetes-admin', '/containerLogs/default/p/c', 403],
  [undefined, '/containerLogs/default/p/c', 403],
  [undefined, '/version', 403],
  [undefined, '/healthz', 200],
]

test.each(callers)('B7 an agent answers %s on %s with %s', async (name, path, status) => {
  const handle: Send = async () => ({ status: 200, headers: {}, body: { kind: 'bytes', bytes: new Uint8Array() } })
  const user = name === undefined ? undefined : { name, groups: ['system:masters', 'system:authenticated'] }
  const answer = await forApiserverOnly(handle)(apiRequest({ method: 'GET', path }, 'test/1', user))
  expect(answer.status).toBe(status)
  if (status === 403) {
    expect((await readBody(answer.body)).toString()).toBe(
      `Forbidden (user=${name ?? 'system:anonymous'}, verb=get, resource=nodes, subresource=proxy)`,
    )
  }
})

test('a server that listens everywhere is found under what its machine has', () => {
  const one = (address: string, internal: boolean) =>
    ({ address, internal, family: address.includes(':') ? 'IPv6' : 'IPv4' }) as never
  const interfaces = {
    lo: [one('127.0.0.1', true), one('::1', true)],
    eth0: [one('10.0.0.1', false), one('fe80::1', false), one('fd00::1', false)],
  }
  expect(certificateHosts('0.0.0.0', interfaces)).toEqual(['127.0.0.1', '::1', '10.0.0.1', 'fd00::1'])
  expect(certificateHosts('10.0.0.1', interfaces)).toEqual(['10.0.0.1'])
  expect(announcedHost('0.0.0.0', interfaces)).toBe('10.0.0.1')
  expect(announcedHost('::', { eth0: [one('fd00::1', false)] })).toBe('fd00::1')
  expect(announcedHost('0.0.0.0', { lo: interfaces.lo })).toBe('0.0.0.0')
})
