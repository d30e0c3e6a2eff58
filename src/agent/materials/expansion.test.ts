import { expect, test } from 'vitest'
import { expand } from './expansion.ts'

const variables: Readonly<Record<string, string>> = {
  VAR_A: 'A',
  VAR_B: 'B',
  VAR_REF: '$(VAR_A)',
  VAR_EMPTY: '',
}

// The rows of upstream's expand_test.go, one for each rule.
test.each([
  ['$(VAR_A)', 'A'],
  ['___$(VAR_B)___', '___B___'],
  ['$(VAR_A)$(VAR_B)$(VAR_A)', 'ABA'],
  ['foo$(VAR_EMPTY)bar', 'foobar'],
  ['$(VAR_REF)', '$(VAR_A)'],
  ['$(VAR_DNE)', '$(VAR_DNE)'],
  ['$$(VAR_A)', '$(VAR_A)'],
  ['$$$(VAR_A)', '$A'],
  ['$$$$(VAR_A)', '$$(VAR_A)'],
  ['$$$$$(VAR_A)_$$$(VAR_B)', '$$A_$B'],
  ['f000-$$VAR_A', 'f000-$VAR_A'],
  ['foo\\$(VAR_A)bar', 'foo\\Abar'],
  ['$?_boo_$!', '$?_boo_$!'],
  ['$', '$'],
  ['$$', '$'],
  ['$VAR_A', '$VAR_A'],
  ['$\x7bVAR_A}', '$\x7bVAR_A}'],
  ['$(VAR_A', '$(VAR_A'],
  ['$(VAR_A$(VAR_B)', '$(VAR_A$(VAR_B)'],
  ['$()', '$()'],
  ['$(VAR_A$(VAR_B))', '$(VAR_A$(VAR_B))'],
  ['\n$(VAR_A)\n', '\nA\n'],
  ['$((($(VAR_A))', '$((($(VAR_A))'],
  ['$(VAR_A)) is $(toString)', 'A) is $(toString)'],
])('%j becomes %j', (text, expected) => {
  expect(expand(text, (name) => (Object.hasOwn(variables, name) ? variables[name] : undefined))).toBe(expected)
})
