// Credentials that change while we run: real files, and real programs as `exec` plugins.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { credentialSource } from './credentials.ts'
import { inClusterConnection } from './in-cluster.ts'
import { connectionOf, readKubeconfig } from './kubeconfig.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'credentials-'))
})
afterEach(() => rmSync(home, { recursive: true }))

/** The kubeconfig of somebody whose credentials come from `script`, which lies beside it. */
function execSource(script: string, more = '', now = () => 0) {
  writeFileSync(join(home, 'plugin.sh'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  const text = `
clusters: [{name: c, cluster: {server: "https://c:6443", extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: us}}]}}]
users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin.sh, args: [a, "b c"], env: [{name: GREETING, value: hello}], interactiveMode: Never${more}}}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`
  const source = credentialSource(connectionOf(readKubeconfig(text), undefined, home), now)
  if (source === undefined) throw new Error('no source')
  return source
}

const answer = (status: string) =>
  `echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":${status}}'`

test('exec: the program gets its arguments, its environment and what the server is; its token is used', async () => {
  const source = execSource(
    `echo "$GREETING $# $2" > ${home}/heard; echo "$KUBERNETES_EXEC_INFO" > ${home}/info; ${answer('{"token":"t"}')}`,
    ', provideClusterInfo: true',
  )
  expect(await source.current()).toMatchObject({ token: 't' })
  const { readFileSync } = await import('node:fs')
  expect(readFileSync(join(home, 'heard'), 'utf8')).toBe('hello 2 b c\n')
  expect(JSON.parse(readFileSync(join(home, 'info'), 'utf8'))).toEqual({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { interactive: false, cluster: { server: 'https://c:6443', config: { audience: 'us' } } },
  })
})

test('exec: once for all who ask at a time, again when it has ended, again when it was refused', async () => {
  let now = 0
  const count = `echo x >> ${home}/count; n=$(wc -l < ${home}/count | tr -d ' ')`
  const script = `${count}; echo "{\\"apiVersion\\":\\"client.authentication.k8s.io/v1\\",\\"kind\\":\\"ExecCredential\\",\\"status\\":{\\"token\\":\\"t$n\\",\\"expirationTimestamp\\":\\"1970-01-01T00:01:00Z\\"}}"`
  const source = execSource(script, '', () => now)
  const asked = await Promise.all([source.current(), source.current(), source.current()])
  expect(asked.map(({ token }) => token)).toEqual(['t1', 't1', 't1'])
  now = 59_999
  expect((await source.current()).token).toBe('t1')
  source.refused()
  expect((await source.current()).token).toBe('t2')
  now = 60_000
  expect((await source.current()).token).toBe('t3')
})

test.each([
  ['exit 3', '', /exec: .*plugin\.sh failed with exit code 3/],
  ['echo nonsense', '', /plugin\.sh: its answer is not JSON/],
  ['echo "{}"', '', /its answer is no ExecCredential/],
  [answer('{}'), '', /no token and no certificate/],
  [answer('{"clientCertificateData":"C"}'), '', /a certificate comes with its key/],
  [answer('{"token":"t","expirationTimestamp":"soon"}'), '', /expirationTimestamp is no time/],
])('exec: %s %s is told in one line', async (script, more, message) => {
  await expect(execSource(script, more).current()).rejects.toThrow(message)
})

test('exec: a program that is not there is named, with what to do about it', async () => {
  const source = execSource('', ', installHint: get it from the shop')
  rmSync(join(home, 'plugin.sh'))
  await expect(source.current()).rejects.toThrow(/plugin\.sh: executable not found\nget it from the shop/)
})

test("a pod's token is read again after a minute, or when it was refused; one that cannot be read goes on", async () => {
  let now = 0
  const token = join(home, 'token')
  const write = (text: string) => writeFileSync(token, `${text}\n`)
  write('one')
  writeFileSync(join(home, 'ca.crt'), 'CA')
  writeFileSync(join(home, 'namespace'), 'team')
  const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }
  const connection = inClusterConnection(environment, home)
  expect(connection).toMatchObject({ server: 'https://[fd00::1]:443', ca: 'CA', token: 'one', namespace: 'team' })
  const source = credentialSource(connection!, () => now)!
  expect((await source.current()).token).toBe('one')
  write('two')
  now = 59_999
  expect((await source.current()).token).toBe('one')
  source.refused()
  expect((await source.current()).token).toBe('two')
  rmSync(token)
  now = 200_000
  expect((await source.current()).token).toBe('two')
})

test('outside of a pod there is no such connection', () => {
  expect(inClusterConnection({}, home)).toBeUndefined()
  expect(inClusterConnection({ KUBERNETES_SERVICE_HOST: 'a', KUBERNETES_SERVICE_PORT: '1' }, home)).toBeUndefined()
})
