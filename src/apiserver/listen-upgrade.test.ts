// Sessions over real sockets: the WebSocket library's client and a SPDY client of our own against a container that the
// test plays. What takes longer is in listen-upgrade.long.test.ts.

import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import {
  all,
  container,
  exit,
  forever,
  type Served,
  serve,
  spdy,
  until,
  upgraded,
  webSocket,
} from '../../test/session-world.ts'
import { insideWebSocket, SpdyClient } from '../../test/spdy-client.ts'
import type { ContainerEnd, ContainerStreams } from '../api/session.ts'
import { tunnelProtocol } from './streaming/negotiate.ts'

const hello = async ({ stdin, stdout, stderr }: ContainerStreams): Promise<ContainerEnd> => {
  await stdout?.write(Buffer.from('out'))
  await stderr?.write(Buffer.from('err'))
  for await (const chunk of stdin ?? []) await stdout?.write(chunk)
  return exit(3)
}
const threeText = '"reason":"ExitCode","message":"3"'

describe('a WebSocket', () => {
  test('W12.5 W12.6 v5: channels both ways, the end of stdin, the exit code, a close in good order', async () => {
    container.run = hello
    const listening = await serve()
    const { socket, said, closed, heard } = await webSocket(listening, all)
    expect(socket.protocol).toBe('v5.channel.k8s.io')
    socket.send(Buffer.from('\0one '))
    socket.send(Buffer.from([0]))
    socket.send(Buffer.from([]))
    socket.send(Buffer.from('\0two'))
    socket.send(Buffer.from([255, 0]))
    expect(await closed).toBe(1000)
    expect([said(1), said(2)]).toEqual(['outone two', 'err'])
    expect(said(3)).toContain(threeText)
    expect(heard[0]).toEqual(Buffer.from([1]))
    await until('the session is counted out', () => listening.sessions() === 0 && listening.ended() === 1)
  })

  test('W12.5 v4: no end of stdin: 255 is no channel that anybody reads', async () => {
    const words: string[] = []
    container.run = async ({ stdin }) => {
      for await (const chunk of stdin!) {
        words.push(Buffer.from(chunk).toString())
        if (words.length === 2) return exit(0)
      }
      return exit(9)
    }
    const { socket, said, closed } = await webSocket(await serve(), all, 'v4.channel.k8s.io')
    socket.send(Buffer.from('\0a'))
    socket.send(Buffer.from([255, 0]))
    socket.send(Buffer.from('\0b'))
    expect([await closed, words, said(3)]).toEqual([1000, ['a', 'b'], '{"metadata":{},"status":"Success"}'])
  })

  test('W12.5 base64: texts whose first character is the channel', async () => {
    container.run = hello
    const { socket, heard, closed } = await webSocket(await serve(), all, 'base64.channel.k8s.io')
    socket.send(`0${Buffer.from('one').toString('base64')}`)
    await until('three messages', () => heard.length >= 4)
    expect(heard.slice(0, 4).map(String)).toEqual(['1', '1b3V0', '2ZXJy', '1b25l'])
    socket.send('0 is no base64')
    expect(await closed).toBe(1007)
  })

  test('W12.5 what was not asked for is not there, and stdin nobody asked for is passed over', async () => {
    let streams: ContainerStreams | undefined
    container.run = async (given) => {
      streams = given
      return exit(0)
    }
    const { socket, heard, closed } = await webSocket(await serve(), '/exec?stdout=1')
    socket.send(Buffer.from('\0lost'))
    expect(await closed).toBe(1000)
    expect([streams!.stdin, streams!.stderr, streams!.resizes]).toEqual([undefined, undefined, undefined])
    expect(heard[0]).toEqual(Buffer.from([1]))
  })

  test('W12.5 the sizes of a terminal come on channel 4', async () => {
    container.run = async ({ resizes }) => {
      for await (const { width, height } of resizes!) return exit(width + height)
      return exit(255)
    }
    const { socket, said, closed } = await webSocket(await serve(), '/exec?stdout=1&tty=1')
    socket.send(Buffer.from('\x04{"Width":80,"Height":24}\n'))
    await closed
    expect(said(3)).toContain('"message":"104"')
  })

  test('W12.6 a failure is an internal error with its reason', async () => {
    container.run = async () => ({ ended: 'failure', message: 'no such program' })
    const { said, closed } = await webSocket(await serve(), '/exec?stdout=1')
    await closed
    expect(JSON.parse(said(3))).toMatchObject({ status: 'Failure', reason: 'InternalError', code: 500 })
    expect(said(3)).toContain('no such program')
  })

  test('a message above the limit ends the connection with 1009', async () => {
    container.run = hello
    const { socket, closed } = await webSocket(await serve({ messageBytes: 1000 }), all)
    socket.send(Buffer.alloc(1001))
    expect(await closed).toBe(1009)
  })

  test('W12.7 ports, as the Python client asks: each has two channels that begin with its number', async () => {
    container.connect = async (port, { input, output }) => {
      if (port === 81) return 'nobody there'
      for await (const chunk of input) {
        await output.write(Buffer.from(`${port} heard ${Buffer.from(chunk)}`))
        return undefined
      }
      return undefined
    }
    const { socket, said, closed } = await webSocket(await serve(), '/ports?port=80&port=81', 'v4.channel.k8s.io')
    socket.send(Buffer.from('\0x'))
    expect(await closed).toBe(1000)
    expect([said(0), said(1), said(2), said(3)]).toEqual(['P\0' + '80 heard x', 'P\0', 'Q\0', 'Q\0nobody there'])
  })
})

describe('SPDY', () => {
  test('W12.7 a stream each, the exit code on the error stream, and a last word', async () => {
    container.run = hello
    const listening = await serve()
    const client = await spdy(listening, all)
    const error = await client.open({ streamtype: 'error' })
    error.end()
    const stdin = await client.open({ streamtype: 'stdin' })
    const stdout = await client.open({ streamtype: 'stdout' })
    const stderr = await client.open({ streamtype: 'stderr' })
    stdin.write('one', true)
    expect([await stdout.whole(), await stderr.whole()]).toEqual(['outone', 'err'])
    expect(await error.whole()).toContain(threeText)
    await client.over()
    expect(client.told.at(-1)).toBe('go away after 7 (0)')
    await until('the session is counted out', () => listening.sessions() === 0 && listening.ended() === 1)
  })

  test('W12.7 a stream that nobody asked for, and one that is there already, are refused', async () => {
    container.run = hello
    const client = await spdy(await serve(), '/exec?stdout=1')
    const stdin = await client.open({ streamtype: 'stdin' })
    const stdout = await client.open({ streamtype: 'stdout' })
    const again = await client.open({ streamtype: 'stdout' })
    const error = await client.open({ streamtype: 'error' })
    expect(await stdout.whole()).toBe('out')
    await error.whole()
    expect([stdin.wasReset, stdout.wasReset, again.wasReset]).toEqual([true, false, true])
  })

  test('who does not open what it asked for is not waited for', async () => {
    const listening = await serve({ creationMs: 50 })
    const client = await spdy(listening, all)
    await client.open({ streamtype: 'stdout' })
    await client.over()
    await until('it is over', () => listening.sessions() === 0)
  })

  test('what is no SPDY ends this connection, and no other', async () => {
    container.run = async ({ gone }) => forever(gone).then(() => exit(0))
    const listening = await serve()
    const other = await spdy(listening, '/exec?stdout=1')
    const client = await spdy(listening, '/exec?stdout=1')
    client.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
    await client.over()
    expect(client.told).toEqual(['go away after 0 (1)'])
    other.send({ type: 'ping', id: 1 })
    await other.until(() => other.told.includes('ping 1'))
    expect(listening.sessions()).toBe(1)
  })

  const ways: [name: string, open: (listening: Served) => Promise<SpdyClient>][] = [
    ['by itself', (listening) => spdy(listening, '/ports')],
    [
      'within a WebSocket, as kubectl does it',
      async (listening) => {
        const socket = await upgraded(listening, '/ports', {
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
          'sec-websocket-protocol': tunnelProtocol,
        })
        if ('status' in socket) throw new Error(`${socket.status} ${socket.text}`)
        return new SpdyClient(insideWebSocket(socket))
      },
    ],
  ]
  describe.each(ways)('W12.7 ports, %s', (_name, open) => {
    const forward = async (client: SpdyClient, port: string, requestid: string) => {
      const error = await client.open({ streamtype: 'error', port, requestid })
      error.end()
      return { error, data: await client.open({ streamtype: 'data', port, requestid }) }
    }

    test('each connection has two streams; what goes wrong is told on one of them, and ends no other', async () => {
      container.connect = async (port, { input, output }) => {
        if (port === 81) return 'nobody there'
        if (port === 82) throw new Error('a fault of ours')
        for await (const chunk of input) await output.write(chunk)
        return undefined
      }
      const client = await open(await serve())
      const [good, bad, broken] = [
        await forward(client, '80', '0'),
        await forward(client, '81', '1'),
        await forward(client, '82', '2'),
      ]
      expect(await bad.error.whole()).toBe('nobody there')
      await client.until(() => bad.data.wasReset)
      expect(await broken.error.whole()).toBe('Error: a fault of ours')
      good.data.write('there and back', true)
      expect([await good.data.whole(), await good.error.whole()]).toEqual(['there and back', ''])
      client.close()
    })

    test('without a port, with a wrong one, of another kind: refused', async () => {
      const client = await open(await serve())
      for (const headers of [
        { streamtype: 'data' },
        { streamtype: 'data', port: '0' },
        { port: '80' },
        { streamtype: 'odd', port: '80' },
      ] as Record<string, string>[]) {
        const stream = await client.open(headers)
        await client.until(() => stream.wasReset)
      }
      client.close()
    })

    test('when the pod goes, so does the connection', async () => {
      let goes = () => {}
      container.podOver = () => new Promise((resolve) => (goes = resolve))
      container.connect = async (_port, { gone }) => forever(gone).then(() => undefined)
      const listening = await serve()
      const client = await open(listening)
      const { data } = await forward(client, '80', '0')
      await client.until(() => client.told.includes(`syn reply ${data.id}`))
      goes()
      await client.over()
      await until('it is over', () => listening.sessions() === 0)
    })
  })

  test('W12.7 half a pair is given up after a while', async () => {
    const client = await spdy(await serve({ creationMs: 50 }), '/ports')
    const data = await client.open({ streamtype: 'data', port: '80', requestid: '0' })
    await client.until(() => data.wasReset)
    const again = await client.open({ streamtype: 'data', port: '80', requestid: '1' })
    const twice = await client.open({ streamtype: 'data', port: '80', requestid: '1' })
    await client.until(() => twice.wasReset)
    await client.until(() => again.wasReset)
  })
})

describe('what is no session', () => {
  test('an answer without one is an answer as if nobody had asked for more', async () => {
    expect(await upgraded(await serve(), '/plain')).toEqual({ status: 200, text: 'plain' })
  })

  test('who is not known gets 401 before anything', async () => {
    const refused = await upgraded(await serve(), all, { authorization: 'Bearer wrong' })
    expect(refused).toMatchObject({ status: 401 })
  })

  test('a request that asks for another protocol has no body', async () => {
    const refused = await upgraded(await serve(), all, { 'content-length': '5' })
    expect(refused).toMatchObject({ status: 400 })
  })

  test('a client that goes before it was answered leaves nothing behind', async () => {
    const listening = await serve()
    const socket = await upgraded(listening, all)
    if ('status' in socket) expect.fail('refused')
    socket.destroy()
    await once(socket, 'close')
    await until('it is over', () => listening.sessions() === 0 && listening.ended() === 1)
  })
})
