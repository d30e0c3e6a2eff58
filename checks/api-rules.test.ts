import { expect, test } from 'vitest'
import { apiRuleIds, checkApiRules, withTests } from './api-rules.ts'

const path = 'docs/reference/rules.md'
const row = (id: string, tests: string, rule = 'something', differs = '') =>
  `| ${id} | ${rule} | ${tests} | ${differs} |`
const cell = (name: string) => `[a.test.ts](../../src/a.test.ts) ${name}`
const check = (rows: string[], source: string) =>
  checkApiRules({ path, text: rows.join('\n') }, [{ path: 'src/a.test.ts', text: source }], ['W1.1', 'W1.2'])

const both = `test('W1.1 one', f)\ntest('W1.2 two', f)`
const table: [name: string, rows: string[], source: string, problems: string[]][] = [
  ['all is held', [row('W1.1', cell('W1.1 one')), row('W1.2', cell('W1.2 two'))], both, []],
  ['a rule without a row', [row('W1.1', cell('W1.1 one'))], both, [`${path}: W1.2 has no row`]],
  [
    'a row nobody knows',
    [row('W1.1', cell('W1.1 one')), row('W1.2', cell('W1.2 two')), row('W1.3', '', 'x', 'y')],
    both,
    [`${path}:3: W1.3 is a row too many`],
  ],
  [
    'a test that is gone',
    [row('W1.1', cell('W1.1 one')), row('W1.2', cell('W1.2 two'))],
    `test('W1.1 one', f)`,
    [`${path}:2: W1.2 has no test whose name bears it`],
  ],
  [
    'a test that has moved',
    [row('W1.1', cell('W1.1 one')), row('W1.2', cell('W1.2 two').replace('src/a', 'src/b'))],
    both,
    [`${path}:2: W1.2: src/b.test.ts has no such test any more (--write)`],
  ],
  [
    'a test that is not named',
    [row('W1.1', cell('W1.1 one')), row('W1.2', '')],
    both,
    [`${path}:2: W1.2: its tests are not named here (--write)`],
  ],
  [
    'a comment is no test',
    [row('W1.1', cell('W1.1 one')), row('W1.2', '')],
    `test('W1.1 one', f)\n// 'W1.2 two'`,
    [`${path}:2: W1.2 has no test whose name bears it`],
  ],
  [
    'not ours, and it says why',
    [row('W1.1', cell('W1.1 one')), row('W1.2', '', 'something', 'the client’s')],
    `test('W1.1 one', f)`,
    [],
  ],
  ['a range', [row('W1.1', cell('W1.1 to W1.2 all')), row('W1.2', cell('W1.1 to W1.2 all'))], `'W1.1 to W1.2 all'`, []],
]

test.each(table)('%s', (_name, rows, source, problems) => {
  expect(check(rows, source)).toEqual(problems)
})

test('a written page has nothing wrong', () => {
  const tests = [{ path: 'src/a.test.ts', text: `test('W1.1 a | b [c] <d>', f)\ntest("W1.2 it's", f)` }]
  const text = withTests({ path, text: [row('W1.1', ''), row('W1.2', 'old')].join('\n') }, tests)
  expect(checkApiRules({ path, text }, tests, ['W1.1', 'W1.2'])).toEqual([])
  expect(withTests({ path, text }, tests)).toBe(text)
})

test('every rule has one number', () => {
  expect(new Set(apiRuleIds).size).toBe(apiRuleIds.length)
  expect(apiRuleIds).toContain('W10.12')
  expect(apiRuleIds).toContain('WA9')
})
