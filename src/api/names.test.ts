import { expect, test } from 'vitest'
import {
  byteLength,
  configMapKey,
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  labelValue,
  portName,
  qualifiedName,
} from './names.ts'

const label63 = 'a'.repeat(63)

const fine: [check: (text: string) => string[], texts: string[]][] = [
  [dns1123Subdomain, ['a', '1', 'a.b', 'a-b.c-1', `${label63}.b`]],
  [dns1123Label, ['a', '1', 'a-1', label63]],
  [dns1035Label, ['a', 'a-1']],
  [qualifiedName, ['a', 'A.b_c', 'example.com/Name', '1']],
  [labelValue, ['', 'a', 'A_b.c', label63]],
  [configMapKey, ['a', '.hidden', 'A_b-c.d']],
  [portName, ['http', 'a-1', '1a']],
]

test.each(fine)('W9.10 %o takes %j', (check, texts) => {
  for (const text of texts) expect(check(text)).toEqual([])
})

const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

const refused: [check: (text: string) => string[], text: string, problems: string[]][] = [
  [dns1123Subdomain, '', [subdomainRule]],
  [dns1123Subdomain, 'A', [subdomainRule]],
  [dns1123Subdomain, 'a..b', [subdomainRule]],
  [dns1123Subdomain, 'a\n', [subdomainRule]],
  [dns1123Subdomain, 'a'.repeat(254), ['must be no more than 253 bytes']],
  [dns1123Label, 'a.b', ['must not contain dots']],
  [dns1123Label, '-a', [labelRule]],
  [dns1123Label, `${label63}a`, ['must be no more than 63 bytes']],
  [qualifiedName, '/a', ['prefix part must be non-empty']],
  [qualifiedName, 'A/a', [`prefix part ${subdomainRule}`]],
  [configMapKey, '..', ["must not be '..'"]],
  [configMapKey, '..a', ["must not start with '..'"]],
  [portName, '80', ['must contain at least one letter (a-z)']],
  [portName, 'a--b', ['must not contain consecutive hyphens']],
  [portName, 'a-', ['must not begin or end with a hyphen']],
  [portName, 'a'.repeat(16), ['must be no more than 15 bytes']],
]

test.each(refused)('W9.10 %o refuses %j', (check, text, problems) => expect(check(text)).toEqual(problems))

test('W9.10 a key has at most one slash', () => {
  expect(qualifiedName('a/b/c')[0]).toMatch(
    /^a qualified name must consist of .* with an optional DNS subdomain prefix/,
  )
})

test.each(['', 'a', 'ä', '€', '😀', 'aä€😀'])('the length of %j is counted in bytes', (text) => {
  expect(byteLength(text)).toBe(new TextEncoder().encode(text).length)
})
