import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findConnection } from './connect.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'everynode-connect-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

function write(name: string, contexts: readonly string[], current?: string): string {
  const path = join(home, name)
  mkdirSync(join(path, '..'), { recursive: true })
  const named = (kind: string, content: (context: string) => string) =>
    contexts.map((context) => `  - {name: ${context}, ${kind}: ${content(context)}}`).join('\n')
  writeFileSync(
    path,
    `${current === undefined ? '' : `current-context: ${current}\n`}` +
      `clusters:\n${named('cluster', (context) => `{server: "https://${context}:1", certificate-authority: ca.pem}`)}\n` +
      `users:\n${named('user', () => '{token: t}')}\n` +
      `contexts:\n${named('context', (context) => `{cluster: ${context}, user: ${context}, namespace: ns-${context}}`)}\n`,
  )
  writeFileSync(join(path, '..', 'ca.pem'), `the CA beside ${name}`)
  return path
}

test('~/.kube/config, $KUBECONFIG before it, and --kubeconfig before both', () => {
  write('.kube/config', ['home'], 'home')
  const listed = write('listed', ['listed'], 'listed')
  const named = write('named', ['named'], 'named')
  expect(findConnection({}, { HOME: home }).server).toBe('https://home:1')
  expect(findConnection({}, { HOME: home, KUBECONFIG: listed }).server).toBe('https://listed:1')
  expect(findConnection({ kubeconfig: named }, { HOME: home, KUBECONFIG: listed }).server).toBe('https://named:1')
})

test('several files: the first current context counts, every context is there, files lie beside their own', () => {
  const KUBECONFIG = [write('one/a', ['a']), join(home, 'not-there'), write('two/b', ['b', 'c'], 'b')].join(':')
  expect(findConnection({}, { KUBECONFIG })).toMatchObject({
    server: 'https://b:1',
    namespace: 'ns-b',
    ca: 'the CA beside two/b',
  })
  expect(findConnection({ context: 'a' }, { KUBECONFIG })).toMatchObject({ ca: 'the CA beside one/a' })
})

test.each([
  ['no file', () => ({}), /no kubeconfig: .*\.kube\/config is not there; `everynode up` writes one/],
  ['a named file that is not there', () => ({ kubeconfig: join(home, 'x') }), /x: no such file/],
  ['a context that is not there', () => ({ kubeconfig: write('k', ['a'], 'a'), context: 'z' }), /"z" does not exist/],
])('%s: one line that says so', (_name, flags, message) => {
  expect(() => findConnection(flags(), { HOME: home })).toThrow(message)
})

test('a file that is no kubeconfig is named', () => {
  const path = join(home, 'broken')
  writeFileSync(path, 'a: [')
  expect(() => findConnection({ kubeconfig: path }, {})).toThrow(/broken: the kubeconfig is not YAML/)
})
