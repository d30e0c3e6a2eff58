// Encryption at rest as a person sets it up: the real program, the real kubectl, a file of keys, and a rotation.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Background, needsKubectl, openShell, type Shell } from './shell.ts'

const plain = 'correct horse battery staple'
const keyOf = (letter: string) => Buffer.alloc(32, letter).toString('base64')
const aescbc = (name: string) => `- aescbc: {keys: [{name: ${name}, secret: ${keyOf(name)}}]}`
const aesgcm = (name: string) => `- aesgcm: {keys: [{name: ${name}, secret: ${keyOf(name)}}]}`
const identity = '- identity: {}'

let shell: Shell
let server: Background | undefined
beforeAll(() => {
  shell = openShell()
})
afterAll(() => shell.close())
beforeEach(needsKubectl)

/** Starts the server anew, under these providers. */
async function startUnder(...providers: string[]): Promise<void> {
  server?.signal('SIGINT')
  await server?.exited
  const lines = providers.map((provider) => `      ${provider}`).join('\n')
  writeFileSync(
    join(shell.home, 'encryption.yaml'),
    `apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n  - resources: [secrets]\n    providers:\n${lines}\n`,
  )
  server = shell.start(`everynode server --encryption-provider-config ${shell.home}/encryption.yaml`)
  await shell.until('kubectl get --raw /readyz', (out) => out === 'ok')
}

/** Everything below the data directory, logs as well. */
function bytesOnDisk(folder = join(shell.home, 'data')): Buffer {
  const paths = readdirSync(folder).map((name) => join(folder, name))
  return Buffer.concat(paths.map((path) => (statSync(path).isDirectory() ? bytesOnDisk(path) : readFileSync(path))))
}

/** What the server keeps for itself, the token that machines join by, is rewritten as well. */
const rewrite = "kubectl get secrets -A -o json | kubectl replace -f - | grep -v '^secret/bootstrap-token-'"

test('B7 a secret is nowhere on disk in plain text, before and after the server has gone', {
  timeout: 60_000,
}, async () => {
  await startUnder(aescbc('a'), identity)
  await shell.ok(`kubectl create secret generic s --from-literal=password='${plain}'`)
  await shell.ok('kubectl label secret s seen=yes')
  for (const when of ['while it runs', 'afterwards']) {
    const bytes = bytesOnDisk()
    expect([when, bytes.includes('k8s:enc:aescbc:v1:a:')]).toEqual([when, true])
    for (const text of [plain, Buffer.from(plain).toString('base64')]) {
      expect([when, text, bytes.includes(text)]).toEqual([when, text, false])
    }
    if (when === 'while it runs') server?.signal('SIGINT')
    await server?.exited
  }
})

test('B7 a new key: read and replaced with kubectl, after which the old one is not needed', {
  timeout: 60_000,
}, async () => {
  await startUnder(aesgcm('b'), aescbc('a'), identity)
  expect(await shell.ok(rewrite)).toBe('secret/s replaced\n')
  await startUnder(aesgcm('b'))
  expect(await shell.ok("kubectl get secret s -o jsonpath='{.data.password}' | base64 -d")).toBe(plain)
  expect(bytesOnDisk().includes('k8s:enc:aesgcm:v1:b:')).toBe(true)
})

test('B7 the wrong key: that secret is a 500, and the cluster goes on', { timeout: 60_000 }, async () => {
  await startUnder(aesgcm('c'), identity)
  const { code, err } = await shell.run('kubectl get secret s')
  expect([code, err]).toEqual([
    1,
    'Error from server (InternalError): Internal error occurred: unable to transform key "/registry/secrets/default/s": ' +
      'no matching key was found for the provided AES transformer\n',
  ])
  expect(await shell.ok('kubectl create secret generic other --from-literal=a=b')).toBe('secret/other created\n')
  expect(await shell.ok('kubectl get secret other -o name')).toBe('secret/other\n')
  await shell.ok('kubectl apply -f examples/fluentd.yaml')
})

test('B7 back to plain', { timeout: 60_000 }, async () => {
  await startUnder(identity, aesgcm('b'), aesgcm('c'))
  expect((await shell.ok(rewrite)).split('\n').sort()).toEqual(['', 'secret/other replaced', 'secret/s replaced'])
  await startUnder(identity)
  expect(await shell.ok("kubectl get secret s -o jsonpath='{.data.password}' | base64 -d")).toBe(plain)
})

test('B7 what is wrong in the file is told before anything is started', async () => {
  writeFileSync(join(shell.home, 'bad.yaml'), 'apiVersion: apiserver.config.k8s.io/v1\nkind: Secret\n')
  const { code, out, err } = await shell.run(
    `everynode up --encryption-provider-config ${shell.home}/bad.yaml --data ${shell.home}/other`,
  )
  expect([code, out, err]).toEqual([
    1,
    '',
    `error: ${shell.home}/bad.yaml:2:1: kind: Unsupported value: "Secret": supported values: "EncryptionConfiguration"\n`,
  ])
})
