import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { configMaps, pods } from '../api/resources.ts'
import { createClient, Unreachable } from './client.ts'
import { httpSend } from './http.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** A real server on a real socket, which answers as `answer` says. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server: Server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const http = httpSend({ server: `${url}/prefix/`, token: 'secret' })
  closers.push(
    http.close,
    () => server.closeAllConnections(),
    () => server.close(),
  )
  return { url, client: createClient({ send: http.send, userAgent: 'test/1' }) }
}

test('a request arrives as it was meant, and the answer comes back parsed', async () => {
  let seen = ''
  const { client } = await serve((request, response) => {
    seen = `${request.method} ${request.url} ${request.headers.authorization} ${request.headers['user-agent']}`
    request.on('data', (body) => {
      seen += ` ${body}`
    })
    request.on('end', () => response.end('{"metadata":{"name":"x"}}'))
  })
  const patched = await client.patch(
    configMaps,
    { namespace: 'a b', name: 'x' },
    { type: 'merge', body: { data: { k: 'ü' } } },
  )
  expect(patched.metadata.name).toBe('x')
  expect(seen).toBe('PATCH /prefix/api/v1/namespaces/a%20b/configmaps/x Bearer secret test/1 {"data":{"k":"ü"}}')
})

test('W6.1 a Status is an ApiError with its reason, plain text too', async () => {
  const { client } = await serve((request, response) => {
    const gone = { kind: 'Status', reason: 'NotFound', message: 'pods "x" not found', code: 404 }
    response.statusCode = request.url!.includes('/x') ? 404 : 503
    response.end(request.url!.includes('/x') ? JSON.stringify(gone) : 'upstream connect error')
  })
  await expect(client.get(pods, { namespace: 'n', name: 'x' })).rejects.toMatchObject({ reason: 'NotFound' })
  await expect(client.get(pods, { namespace: 'n', name: 'y' })).rejects.toMatchObject({
    reason: 'ServiceUnavailable',
    message: 'upstream connect error',
  })
})

test('W7.1 watch events arrive one by one, and aborting closes the connection', async () => {
  let closed: () => void
  const whenClosed = new Promise<void>((resolve) => {
    closed = resolve
  })
  const { client } = await serve((_request, response) => {
    response.flushHeaders()
    response.on('close', () => closed())
    response.write('{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n{"type":"DEL')
    setImmediate(() => response.write('ETED","object":{"metadata":{"name":"a"}}}\n'))
  })
  const stop = new AbortController()
  const types: string[] = []
  for await (const { type } of client.watch(pods, { resourceVersion: '1' }, stop.signal)) {
    types.push(type)
    if (type === 'DELETED') stop.abort()
  }
  expect(types).toEqual(['ADDED', 'DELETED'])
  await whenClosed
})

test('a watch that breaks off rejects, so that nobody takes it for ended', async () => {
  const { client } = await serve((_request, response) => {
    response.write('{"type":"ADDED","object":{"metadata":{}}}\n', () => response.destroy())
  })
  const read = async () => {
    for await (const _ of client.watch(pods, { resourceVersion: '1' }, new AbortController().signal)) {
    }
  }
  await expect(read()).rejects.toBeInstanceOf(Unreachable)
})

test('no server: the error names the address and the cause', async () => {
  const { send, close } = httpSend({ server: 'http://127.0.0.1:1' })
  closers.push(close)
  const client = createClient({ send, userAgent: 'test/1' })
  await expect(client.list(pods)).rejects.toThrow(/GET http:\/\/127\.0\.0\.1:1\/api\/v1\/pods: .*ECONNREFUSED/)
})
