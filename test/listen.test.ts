// What our own client and the real kubectl see of a server that listens: certificates from a kubeconfig, both protocols.

import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pods } from '../src/api/resources.ts'
import type { ByteSink, Send, User } from '../src/api/wire.ts'
import { createAuthenticator } from '../src/apiserver/identity/authenticate.ts'
import { type Authority, openAuthority } from '../src/apiserver/identity/authority.ts'
import { kubeconfigEntry } from '../src/apiserver/identity/kubeconfig-entry.ts'
import { type Listening, listen } from '../src/apiserver/listen.ts'
import { silentLog } from '../src/base/log.ts'
import { seededRandom } from '../src/base/random.ts'
import { createClient } from '../src/client/client.ts'
import { httpSend } from '../src/client/http.ts'
import { connectionOf, mergeContext, readKubeconfig } from '../src/client/kubeconfig.ts'

const run = promisify(execFile)
const hasKubectl = await run('kubectl', ['version', '--client']).then(
  () => true,
  () => false,
)

const clock = { now: () => Date.now() }
let directory: string
let authority: Authority
let listening: Listening
let kubeconfig: string
let asked: (User | undefined)[] = []
let stopped = 0

const version = {
  major: '1',
  minor: '35',
  gitVersion: 'v1.32.0',
  gitCommit: '',
  goVersion: '',
  platform: 'linux/amd64',
}

const handle: Send = async ({ path, query, user }) => {
  asked.push(user)
  if (query.get('watch') === 'true') {
    const start = (sink: ByteSink) => {
      sink.write(Buffer.from('{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n'))
      return () => stopped++
    }
    return { status: 200, headers: { 'content-type': 'application/json' }, body: { kind: 'stream', start } }
  }
  const body = path === '/version' ? version : { kind: 'Nothing', path }
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: { kind: 'bytes', bytes: Buffer.from(JSON.stringify(body)) },
  }
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'everynode-listen-'))
  authority = await openAuthority({ directory: join(directory, 'pki'), clock, random: seededRandom(3) })
  listening = await listen({
    handle,
    authenticate: createAuthenticator({ clock }),
    tls: { server: await authority.serverCertificate(['127.0.0.1']), authority: authority.certificate },
    host: '127.0.0.1',
    port: 0,
    log: silentLog,
  })
  kubeconfig = mergeContext(
    undefined,
    kubeconfigEntry({
      name: 'everynode',
      host: '127.0.0.1',
      port: listening.port,
      ca: authority.certificate,
      client: await authority.clientCertificate({ user: 'kubernetes-admin', groups: ['system:masters'] }),
    }),
  )
  await writeFile(join(directory, 'config'), kubeconfig, { mode: 0o600 })
})
afterAll(async () => {
  await listening.close()
  await rm(directory, { recursive: true, force: true })
})

test('W20.1 our client with the kubeconfig: who it is, a watch, and its end', async () => {
  const http = httpSend(connectionOf(readKubeconfig(kubeconfig)))
  const client = createClient({ send: http.send, userAgent: 'test/1' })
  asked = []
  expect((await client.raw({ method: 'GET', path: '/api' })).status).toBe(200)
  expect(asked).toEqual([{ name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }])
  const stop = new AbortController()
  const names: (string | undefined)[] = []
  for await (const { object } of client.watch(pods, { resourceVersion: '1' }, stop.signal)) {
    names.push(object.metadata.name)
    stop.abort()
  }
  expect(names).toEqual(['a'])
  for (let i = 0; i < 100 && stopped === 0; i++) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(stopped).toBe(1)
  await http.close()
})

test('our client does not trust a server that another authority signed for', async () => {
  const other = await openAuthority({ directory: join(directory, 'other'), clock, random: seededRandom(4) })
  const http = httpSend({ server: `https://127.0.0.1:${listening.port}`, ca: other.certificate })
  const client = createClient({ send: http.send, userAgent: 'test/1' })
  await expect(client.raw({ method: 'GET', path: '/version' })).rejects.toThrow(/certificate|self-signed|issuer/i)
  await http.close()
})

test.runIf(hasKubectl)('kubectl get --raw /version, as the user of the kubeconfig', async () => {
  asked = []
  const kubectl = (...args: string[]) =>
    run('kubectl', ['--kubeconfig', join(directory, 'config'), '--cache-dir', join(directory, 'cache'), ...args], {
      env: { ...process.env, HOME: directory },
    })
  const { stdout } = await kubectl('get', '--raw', '/version')
  expect(JSON.parse(stdout)).toEqual(version)
  expect(asked.at(-1)?.name).toBe('kubernetes-admin')
})

test.runIf(hasKubectl)('W20.1 kubectl without credentials is told to log in', async () => {
  const stranger = mergeContext(undefined, {
    name: 'stranger',
    server: `https://127.0.0.1:${listening.port}`,
    ca: authority.certificate,
    token: 'wrong',
  })
  await writeFile(join(directory, 'stranger'), stranger)
  const refused = run('kubectl', ['--kubeconfig', join(directory, 'stranger'), 'get', '--raw', '/api'], {
    env: { ...process.env, HOME: directory },
  })
  await expect(refused).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('You must be logged in to the server'),
  })
})
