import { describe, expect, test } from 'vitest'
import { ApiError } from '../../api/status.ts'
import {
  carrierOf,
  containerSpdy,
  containerWebSockets,
  negotiate,
  portSpdy,
  portWebSockets,
  upgradeHeaders,
} from './negotiate.ts'

const webSocket = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}
const spdy = { connection: 'Upgrade', upgrade: 'SPDY/3.1' }
const protocols = 'sec-websocket-protocol'
const spdyProtocols = 'x-stream-protocol-version'

type Headers = Readonly<Record<string, string>>
const inContainer = (headers: Headers, method = 'GET') =>
  negotiate({ method, headers }, containerWebSockets, containerSpdy)
const toPorts = (headers: Headers, method = 'GET') => negotiate({ method, headers }, portWebSockets, portSpdy)

const chosen: [who: string, headers: Headers, carrier: object][] = [
  [
    'kubectl from 1.31 on',
    { ...webSocket, [protocols]: 'v5.channel.k8s.io' },
    { over: 'websocket', protocol: 'v5.channel.k8s.io' },
  ],
  [
    'the JavaScript client',
    { ...webSocket, [protocols]: 'v5.channel.k8s.io,v4.channel.k8s.io' },
    { over: 'websocket', protocol: 'v5.channel.k8s.io' },
  ],
  [
    'the Python client',
    { ...webSocket, [protocols]: 'v4.channel.k8s.io' },
    { over: 'websocket', protocol: 'v4.channel.k8s.io' },
  ],
  [
    'a browser',
    { ...webSocket, connection: 'keep-alive, Upgrade', [protocols]: 'x, base64.channel.k8s.io' },
    { over: 'websocket', protocol: 'base64.channel.k8s.io' },
  ],
  ['one that names none', webSocket, { over: 'websocket', protocol: '' }],
  ['in any case', { ...webSocket, connection: 'upgrade', upgrade: 'WebSocket' }, { over: 'websocket', protocol: '' }],
  [
    'kubectl before that',
    { ...spdy, [spdyProtocols]: 'v4.channel.k8s.io, v3.channel.k8s.io, v2.channel.k8s.io, channel.k8s.io' },
    { over: 'spdy', protocol: 'v4.channel.k8s.io' },
  ],
  [
    'a client of the future',
    { ...spdy, [spdyProtocols]: 'v9.channel.k8s.io,v3.channel.k8s.io' },
    { over: 'spdy', protocol: 'v3.channel.k8s.io' },
  ],
]
describe.each(chosen)('W12.5 W12.7 %s', (_who, headers, carrier) => {
  test('is answered with the protocol that both speak', () => {
    const method = headers.upgrade === 'SPDY/3.1' ? 'POST' : 'GET'
    const found = inContainer(headers, method)
    expect(found).toEqual(carrier)
    expect(carrierOf(upgradeHeaders(found))).toEqual(carrier)
  })
})

test('W12.7 SPDY for ports, by itself and within a WebSocket', () => {
  const tunnel = 'SPDY/3.1+portforward.k8s.io'
  expect(toPorts({ ...webSocket, [protocols]: tunnel })).toEqual({ over: 'websocket', protocol: tunnel })
  expect(toPorts({ ...spdy, [spdyProtocols]: 'portforward.k8s.io' }, 'POST')).toEqual({
    over: 'spdy',
    protocol: 'portforward.k8s.io',
  })
})

test('W12.5 the headers of 101', () => {
  expect(upgradeHeaders({ over: 'websocket', protocol: '' })).toEqual({ connection: 'Upgrade', upgrade: 'websocket' })
  expect(upgradeHeaders({ over: 'websocket', protocol: 'v4.channel.k8s.io' })).toHaveProperty(
    protocols,
    'v4.channel.k8s.io',
  )
  expect(upgradeHeaders({ over: 'spdy', protocol: 'portforward.k8s.io' })).toEqual({
    connection: 'Upgrade',
    upgrade: 'SPDY/3.1',
    [spdyProtocols]: 'portforward.k8s.io',
  })
})

const refused: [name: string, headers: Headers, code: number, message: string][] = [
  ['no upgrade', {}, 400, 'Upgrade request required'],
  [
    'an upgrade that connection does not name',
    { ...webSocket, connection: 'keep-alive' },
    400,
    'Upgrade request required',
  ],
  ['another protocol', { connection: 'Upgrade', upgrade: 'h2c' }, 400, 'Upgrade request required'],
  ['SPDY/2', { connection: 'Upgrade', upgrade: 'SPDY/2' }, 400, 'Upgrade request required'],
  [
    'an old WebSocket',
    { ...webSocket, 'sec-websocket-version': '8' },
    400,
    'this server speaks version 13 of WebSocket',
  ],
  ['no key', { ...webSocket, 'sec-websocket-key': 'x' }, 400, 'a WebSocket begins with a key of 16 bytes'],
  [
    'channels that nobody speaks',
    { ...webSocket, [protocols]: 'v9.channel.k8s.io,soap' },
    403,
    'requested protocol(s) are not supported: [v9.channel.k8s.io soap]; supports [v5.channel.k8s.io v4.channel.k8s.io v4.base64.channel.k8s.io channel.k8s.io base64.channel.k8s.io]',
  ],
  ['SPDY that names no protocol', spdy, 400, 'unable to upgrade: X-Stream-Protocol-Version is required'],
  [
    'SPDY with protocols that nobody speaks',
    { ...spdy, [spdyProtocols]: 'v9.channel.k8s.io' },
    403,
    'unable to upgrade: unable to negotiate protocol: client supports [v9.channel.k8s.io], server accepts [v4.channel.k8s.io v3.channel.k8s.io v2.channel.k8s.io channel.k8s.io]',
  ],
]
test.each(refused)('W12.7 refused: %s', (_name, headers, code, message) => {
  const act = () => inContainer(headers)
  expect(act).toThrow(ApiError)
  expect(act).toThrow(message)
  try {
    act()
  } catch (error) {
    expect((error as ApiError).toStatus()).toMatchObject({ code, message })
  }
})

test('W12.7 a WebSocket does not begin with POST', () => {
  expect(() => inContainer(webSocket, 'POST')).toThrow('a WebSocket begins with GET')
})
