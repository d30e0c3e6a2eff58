import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connectionOf, mergeContext, readKubeconfig, removeContext } from './kubeconfig.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

const file = `# mine, do not touch
apiVersion: v1
kind: Config
clusters:
- name: prod # the big one
  cluster: {server: "https://prod:6443", certificate-authority: ca.pem, tls-server-name: api}
users:
- name: me
  user: {token: secret, client-key-data: ${base64('KEY')}}
- name: cloud
  user: {exec: {command: get-token}}
contexts:
- name: prod
  context: {cluster: prod, user: me, namespace: team}
- name: cloud
  context: {cluster: prod, user: cloud}
- name: broken
  context: {cluster: gone, user: me}
current-context: prod
`

const entry = {
  name: 'everynode',
  server: 'https://127.0.0.1:7443',
  ca: 'CA',
  clientCertificate: 'CERT',
  clientKey: 'K',
}

test('a connection is what the context says, files relative to the kubeconfig', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
  try {
    writeFileSync(join(directory, 'ca.pem'), 'CA PEM')
    expect(connectionOf(readKubeconfig(file), undefined, directory)).toEqual({
      server: 'https://prod:6443',
      ca: 'CA PEM',
      clientCertificate: undefined,
      clientKey: 'KEY',
      token: 'secret',
      insecure: false,
      tlsServerName: 'api',
      namespace: 'team',
    })
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test.each([
  ['nope', /context "nope" does not exist/],
  ['broken', /context "broken": cluster "gone" does not exist/],
  ['cloud', /user "cloud": exec: apiVersion must be client.authentication.k8s.io\/v1 or .*, it is ""/],
  ['prod', /refers to .*ca\.pem: ENOENT/],
])('context %s says what is wrong', (context, message) => {
  expect(() => connectionOf(readKubeconfig(file), context, '/nowhere')).toThrow(message)
})

test.each([
  ['', /no current-context/],
  ['- a list', /not a mapping/],
  ['a: [', /not YAML: line 1, column 5: [^\n]*$/],
  ['a: *nothing', /not YAML: Unresolved alias[^\n]*$/],
  ['clusters: {a: b}', /clusters are not a list/],
  ['users: [{user: {}}]', /without a name among its users/],
])('a kubeconfig of %j is refused with a reason', (text, message) => {
  expect(() => connectionOf(readKubeconfig(text))).toThrow(message)
})

test('a context merged into nothing makes a whole file, and reads back', () => {
  const text = mergeContext(undefined, { ...entry, namespace: 'dev' })
  expect(readKubeconfig(text).currentContext).toBe('everynode')
  expect(connectionOf(readKubeconfig(text))).toMatchObject({
    server: entry.server,
    ca: 'CA',
    clientCertificate: 'CERT',
    clientKey: 'K',
    namespace: 'dev',
  })
})

test('a merge keeps the comments, the others and the current context; merging again replaces', () => {
  const once = mergeContext(file, entry)
  const twice = mergeContext(once, { ...entry, server: 'https://127.0.0.1:9' })
  expect(once).toContain('# mine, do not touch')
  expect(once).toContain('# the big one')
  expect(readKubeconfig(once).currentContext).toBe('prod')
  expect([...readKubeconfig(twice).contexts.keys()]).toEqual(['prod', 'cloud', 'broken', 'everynode'])
  expect(connectionOf(readKubeconfig(twice), 'everynode').server).toBe('https://127.0.0.1:9')
})

test('empty lists as kubectl leaves them behind are filled', () => {
  const text = mergeContext('apiVersion: v1\nclusters: null\nusers: []\ncontexts: null\ncurrent-context: ""\n', entry)
  expect(connectionOf(readKubeconfig(text)).server).toBe(entry.server)
})

test('removing takes out exactly what was merged', () => {
  const removed = removeContext(mergeContext(file, entry), 'everynode')
  expect(readKubeconfig(removed)).toEqual(readKubeconfig(file))
  expect(readKubeconfig(removeContext(mergeContext(undefined, entry), 'everynode')).currentContext).toBeUndefined()
})

test('a file that is no kubeconfig is not written over', () => {
  expect(() => mergeContext('just text', entry)).toThrow(/not a mapping/)
})
