// gRPC over a unix socket, against a server that answers as real ones do, and as none should.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { GrpcConnection, type GrpcError, rpcText } from './grpc.ts'

const started: (() => void)[] = []
afterEach(() => {
  for (const end of started.splice(0)) end()
})

async function served(answer: (stream: ServerHttp2Stream) => void): Promise<{ socket: string; hangUp: () => void }> {
  const directory = mkdtempSync(join(tmpdir(), 'everynode-grpc-'))
  const socket = join(directory, 's')
  const server: Http2Server = createServer()
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => sessions.add(session))
  server.on('stream', (stream) =>
    stream
      .on('error', () => {})
      .on('end', () => answer(stream))
      .resume(),
  )
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  const hangUp = () => {
    for (const session of sessions) session.destroy()
  }
  started.push(() => {
    hangUp()
    server.close()
    rmSync(directory, { recursive: true, force: true })
  })
  return { socket, hangUp }
}

function connected(socket: string): GrpcConnection {
  const connection = new GrpcConnection(socket)
  started.push(() => connection.close())
  return connection
}

/** An answer as grpc-go sends it: headers, one message, trailers. */
function answered(stream: ServerHttp2Stream, body: Buffer, trailers: Record<string, string>): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers(trailers))
  stream.end(body)
}

const hello = Buffer.from([0, 0, 0, 0, 2, 104, 105])
const failure = (call: Promise<unknown>) =>
  call.then(
    () => 'none',
    (error: GrpcError) => `${error.code} ${error.message}`,
  )

test('a message goes and one comes back', async () => {
  const { socket } = await served((stream) => answered(stream, hello, { 'grpc-status': '0' }))
  expect((await connected(socket).call('/a.B/C', Buffer.from('x'), 1000)).toString()).toBe('hi')
})

test('a refusal has its code and its text, also where it comes without an answer', async () => {
  const { socket } = await served((stream) =>
    stream.respond({ ':status': 200, 'grpc-status': '5', 'grpc-message': 'no such %22thing%22' }, { endStream: true }),
  )
  const call = connected(socket).call('/a.B/C', Buffer.alloc(0), 1000)
  expect(await failure(call)).toBe('5 no such "thing"')
  expect(await call.catch(rpcText)).toBe('rpc error: code = NotFound desc = no such "thing"')
})

test('nobody at the socket is told as such, with its name', async () => {
  const call = connected('/nowhere/cri.sock').call('/a.B/C', Buffer.alloc(0), 1000)
  expect(await failure(call)).toBe('14 no answer from /nowhere/cri.sock: no such socket')
})

test('an answer that does not come in time is given up', async () => {
  const { socket } = await served(() => {})
  expect(await failure(connected(socket).call('/a.B/C', Buffer.alloc(0), 50))).toBe(
    '4 no answer to /a.B/C within 50 ms',
  )
})

test('a connection that breaks fails its calls, and the next call makes a new one', async () => {
  let calls = 0
  const { socket, hangUp } = await served((stream) => {
    if (++calls === 1) hangUp()
    else answered(stream, hello, { 'grpc-status': '0' })
  })
  const connection = connected(socket)
  expect(await failure(connection.call('/a.B/C', Buffer.alloc(0), 1000))).toMatch(/^14 no answer from /)
  expect((await connection.call('/a.B/C', Buffer.alloc(0), 1000)).toString()).toBe('hi')
})

test('an answer that is cut off or no message is none', async () => {
  const { socket } = await served((stream) => answered(stream, hello.subarray(0, 6), { 'grpc-status': '0' }))
  expect(await failure(connected(socket).call('/a.B/C', Buffer.alloc(0), 1000))).toBe(
    '2 an answer of 6 bytes that is no message',
  )
})

test('after its end nothing is asked', async () => {
  const connection = connected('/nowhere/cri.sock')
  connection.close()
  expect(await failure(connection.call('/a.B/C', Buffer.alloc(0), 1000))).toBe('1 the connection was closed')
})
