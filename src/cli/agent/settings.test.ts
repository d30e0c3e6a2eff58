import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import type { AgentSettings } from './agent-directory.ts'
import { type AgentFlags, agentChoice, nodeLabelsOf } from './settings.ts'

const hash = `sha256:${'a'.repeat(64)}`
const usual: AgentFlags = { nodeRoot: '/', runtime: 'auto', logLevel: 'info', unitFile: '' }
const kept: AgentSettings = { format: 1, server: 'https://10.0.0.1:6443', nodeName: 'a', nodeIP: '10.0.0.2' }

const fine: [what: string, flags: Partial<AgentFlags>, kept: AgentSettings | undefined, expected: object][] = [
  [
    'the first time, with all that is needed',
    { server: 'https://10.0.0.1:6443/', token: 'abcdef.0123456789abcdef', caHash: hash.toUpperCase(), nodeName: 'A' },
    undefined,
    { server: 'https://10.0.0.1:6443', nodeName: 'a', token: 'abcdef.0123456789abcdef', caHash: hash },
  ],
  ['an address alone', { server: '10.0.0.1:6443' }, undefined, { server: 'https://10.0.0.1:6443' }],
  ['the machine’s name', { server: '10.0.0.1' }, undefined, { nodeName: hostname().toLowerCase() }],
  ['from then on', {}, kept, { ...kept, token: undefined, caHash: undefined }],
  ['a server that has moved', { server: '10.0.0.9:6443' }, kept, { server: 'https://10.0.0.9:6443', nodeName: 'a' }],
]

test.each(fine)('%s', (_what, flags, known, expected) => {
  expect(agentChoice({ ...usual, ...flags }, known)).toMatchObject(expected)
})

const refused: [flags: Partial<AgentFlags>, kept: AgentSettings | undefined, why: string][] = [
  [{}, undefined, '--server is needed the first time'],
  [{ server: 'http://10.0.0.1' }, undefined, 'https is needed'],
  [{ server: 'https://' }, undefined, 'it is no URL'],
  [{ server: '10.0.0.1', nodeName: 'A_b' }, undefined, 'is no name for a node'],
  [{ nodeName: 'b' }, kept, 'this data directory is of node "a", not "b"'],
  [{ server: '10.0.0.1', caHash: 'abc' }, undefined, '--ca-hash abc'],
  [{ server: '10.0.0.1', token: 'secret' }, undefined, '--token'],
]

test.each(refused)('%j', (flags, known, why) => {
  expect(() => agentChoice({ ...usual, ...flags }, known)).toThrow(why)
})

test('a wrong token is not told again', () => {
  expect(() => agentChoice({ ...usual, server: '10.0.0.1', token: 'secret' }, undefined)).not.toThrow('secret')
})

test('labels, several in one flag', () => {
  expect(nodeLabelsOf(['a=b,c=', 'd=e=f'])).toEqual({ a: 'b', c: '', d: 'e=f' })
  expect(() => nodeLabelsOf(['a'])).toThrow('KEY=VALUE')
})
