// Sessions over real sockets: how they end, and who waits for whom.

import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  all,
  container,
  exit,
  forever,
  type Refused,
  type Served,
  serve,
  spdy,
  until,
  upgraded,
  webSocket,
} from '../../test/session-world.ts'

describe.each(['WebSocket', 'SPDY'] as const)('limits and ends over %s', (carrier) => {
  /** Opens an exec with every stream, and says what can be done with it. */
  async function open(listening: Served) {
    if (carrier === 'WebSocket') {
      const { socket, said, closed } = await webSocket(listening, all)
      return {
        out: () => said(1),
        write: (bytes: Uint8Array) =>
          new Promise<void>((resolve) => socket.send(Buffer.concat([Buffer.of(0), bytes]), () => resolve())),
        pause: () => socket.pause(),
        resume: () => socket.resume(),
        vanish: () => socket.terminate(),
        over: closed.then(() => {}),
      }
    }
    const client = await spdy(listening, all)
    await client.open({ streamtype: 'error' })
    const stdin = await client.open({ streamtype: 'stdin' })
    const stdout = await client.open({ streamtype: 'stdout' })
    await client.open({ streamtype: 'stderr' })
    return {
      out: () => stdout.text,
      write: async (bytes: Uint8Array) => void (stdin.write(bytes) || (await pause(1))),
      pause: () => client.pause(),
      resume: () => client.resume(),
      vanish: () => client.close(),
      over: client.over(),
    }
  }

  test('a session without a byte ends; one that says something now and then stays', async () => {
    container.run = async ({ gone, stdin }) => {
      void (async () => {
        for await (const _ of stdin!);
      })()
      return forever(gone).then(() => exit(0))
    }
    const listening = await serve({ idleMs: 250 })
    const [silent, talks] = [await open(listening), await open(listening)]
    let [silentOver, talksOver] = [false, false]
    void silent.over.then(() => (silentOver = true))
    void talks.over.then(() => (talksOver = true))
    for (let said = 0; said < 50 && !silentOver; said++) {
      await talks.write(Buffer.from('x'))
      await pause(20)
    }
    expect([silentOver, talksOver]).toEqual([true, false])
    await talks.over
    await until('both are over', () => listening.sessions() === 0 && listening.ended() === 2)
  })

  test('one above the limit is a 429, and there is room again when one has ended', async () => {
    container.run = async ({ gone }) => forever(gone).then(() => exit(0))
    const listening = await serve({ sessions: 2 })
    const [first] = [await open(listening), await open(listening)]
    const refused = await upgraded(listening, all)
    expect(refused).toMatchObject({ status: 429 })
    expect((refused as Refused).text).toContain('there are 2 sessions already: try again later')
    await expect(webSocket(listening, all)).rejects.toThrow('429')
    first.vanish()
    await until('it is gone', () => listening.sessions() === 1)
    await open(listening)
    expect(listening.sessions()).toBe(2)
  })

  test('a client that has vanished ends its command', async () => {
    let [runs, sawGone] = [false, false]
    container.run = async ({ gone }) => {
      runs = true
      await forever(gone)
      sawGone = true
      return exit(0)
    }
    const listening = await serve()
    const session = await open(listening)
    await until('it runs', () => runs)
    session.vanish()
    await until('the command has heard of it', () => sawGone && listening.sessions() === 0 && listening.ended() === 1)
  })

  test('the server stops, whoever waits for whom', async () => {
    container.run = async ({ gone, stdout }) => {
      for (; !gone.aborted; await pause(1)) await stdout!.write(Buffer.alloc(64 * 1024))
      return exit(0)
    }
    const listening = await serve()
    const [reads, reads2] = [await open(listening), await open(listening)]
    reads.pause()
    await until('something has come', () => reads2.out() !== '')
    // Nobody reads what it writes, either.
    void reads.write(Buffer.alloc(2 * 1024 * 1024))
    await pause(20)
    const began = Date.now()
    await listening.close()
    expect(Date.now() - began).toBeLessThan(2000)
    await until('their commands have heard of it', () => listening.sessions() === 0 && listening.ended() === 2)
  })

  test('a client that does not read is waited for: what it was sent stays within what the sockets hold', async () => {
    let written = 0
    container.run = async ({ stdout, gone }) => {
      for (; !gone.aborted && written < 200; written++) await stdout!.write(Buffer.alloc(256 * 1024, 'x'))
      return exit(0)
    }
    const listening = await serve()
    const session = await open(listening)
    session.pause()
    // Until it stands still.
    for (let before = -1; before !== written || written === 0; ) {
      before = written
      await pause(100)
    }
    expect(written).toBeLessThan(100)
    session.resume()
    await session.over
    expect([written, session.out().length]).toEqual([200, 200 * 256 * 1024])
  })

  test('several MB into a container that reads slowly arrive whole', async () => {
    let read = 0
    container.run = async ({ stdin }) => {
      for await (const chunk of stdin!) {
        read += chunk.byteLength
        await pause(1)
        if (read >= 4 * 1024 * 1024) break
      }
      return exit(0)
    }
    const session = await open(await serve())
    for (let sent = 0; sent < 32; sent++) await session.write(Buffer.alloc(128 * 1024))
    await session.over
    expect(read).toBe(4 * 1024 * 1024)
  })
})
