import { expect, test } from 'vitest'
import { parseEncryptionConfiguration } from './encryption-config.ts'

const good = `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources:
      - secrets
    providers:
      - aescbc:
          keys:
            - name: key1
              secret: c2VjcmV0IGlzIHNlY3VyZQ==
      - identity: {}
`

const told = (text: string) => {
  try {
    parseEncryptionConfiguration(text, 'enc.yaml')
    return 'fine'
  } catch (error) {
    return (error as Error).message
  }
}

test('B7 the file of the documentation is read', () => {
  expect(parseEncryptionConfiguration(good, 'enc.yaml').resources[0]?.resources).toEqual(['secrets'])
})

const table: [what: string, text: string, error: string][] = [
  [
    'a wrong key',
    good.replace('c2VjcmV0IGlzIHNlY3VyZQ==', 'c2hvcnQ='),
    'enc.yaml:10:15: resources[0].providers[0].aescbc.keys[0].secret: Invalid value: "REDACTED": secret is not of the expected length, got 5, expected one of [16 24 32]',
  ],
  [
    'a wrong provider',
    good.replace('identity', 'identiy'),
    'enc.yaml:11:9: resources[0].providers[1].identiy: unknown field',
  ],
  [
    'an empty file',
    '',
    'enc.yaml:1:1: apiVersion: Required value: it is apiserver.config.k8s.io/v1\nenc.yaml:1:1: kind: Required value: it is EncryptionConfiguration',
  ],
  [
    'a list',
    '- a',
    'enc.yaml:1:1: kind: Required value: a mapping with apiVersion apiserver.config.k8s.io/v1 is needed',
  ],
  ['no YAML', 'a: [', 'enc.yaml:1:5: Flow sequence in block collection must be sufficiently indented and end with a ]'],
  ['a key twice', `${good}kind: B\n`, 'enc.yaml:12:1: Map keys must be unique'],
]
test.each(table)('B7 file, line and field of %s', (_what, text, error) => {
  expect(told(text)).toBe(error)
})

test('B7 two things wrong are told at once', () => {
  const text = good.replace('- secrets', '- Secrets').replace('name: key1', "name: ''")
  expect(
    told(text)
      .split('\n')
      .map((line) => line.split(': ').slice(0, 2).join(': ')),
  ).toEqual(['enc.yaml:5:9: resources[0].resources[0]', 'enc.yaml:9:15: resources[0].providers[0].aescbc.keys[0].name'])
})
