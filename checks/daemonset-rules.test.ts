import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { faults } from '../test/mutants/faults.ts'
import { checkDaemonSetRules, daemonSetRulesPage, fillIn } from './daemonset-rules.ts'

const row = (id: string, tests = '', differs = '') => `| ${id} | something | ${tests} | ${differs} |`
const cell = (name: string) => `[src/a.test.ts](../../src/a.test.ts) ${name}`
const tests = (text: string, path = 'src/a.test.ts') => [{ path, text }]
const check = (rows: string[], text: string) =>
  checkDaemonSetRules({ path: 'docs/reference/rules.md', text: rows.join('\n') }, tests(text))

const table: [name: string, rows: string[], source: string, problems: string[]][] = [
  ['all is held', [row('R1.1', cell('R1.1 one'))], `test('R1.1 one')`, []],
  ['an empty row', [row('R1.1')], `test('one')`, ['docs/reference/rules.md:1: R1.1 has no test']],
  [
    'a row that only says how we differ',
    [row('R1.1', '', 'not here')],
    `test('one')`,
    ['docs/reference/rules.md:1: R1.1 has no test'],
  ],
  [
    'a test that is gone',
    [row('R1.1', cell('R1.1 one'))],
    `test('two')`,
    ['docs/reference/rules.md:1: R1.1: src/a.test.ts has no test "R1.1 one"'],
  ],
  [
    'a rule the table does not know',
    [row('R1.1', cell('R1.1 one'))],
    `test('R1.1 one')\ntest('R9.99 two')`,
    ['src/a.test.ts: "R9.99 two": the table has no rule R9.99'],
  ],
  [
    'a row twice',
    [row('B1', cell('B1 one')), row('B1', cell('B1 one'))],
    `test('B1 one')`,
    ['docs/reference/rules.md:1: B1 stands here twice', 'docs/reference/rules.md:2: B1 stands here twice'].slice(1),
  ],
  ['no rows at all', ['nothing'], '', ['docs/reference/rules.md: no row was found']],
]
test.each(table)('%s', (_name, rows, source, problems) => {
  expect(check(rows, source)).toEqual(problems)
})

const found: [name: string, id: string, source: string, cells: string[]][] = [
  ['an id in front', 'R4.7', `test('R4.7 one')`, ['R4.7 one']],
  ['a range', 'R8.3', `test('R8.1 to R8.5 pods')`, ['R8.1 to R8.5 pods']],
  ['a row of a table', 'E9', `['E9, R1.5 strategy', {}, []],`, ['E9, R1.5 strategy']],
  ['a scenario', 'AddPod', `test('R2.12 AddPod: its owner')\ntest('AddPodOrphan')`, ['R2.12 AddPod: its owner']],
  ['three at most', 'B1', `'B1 a' 'B1 b' 'B1 c' 'B1 d'`, ['B1 a', 'B1 b', 'B1 c']],
  ['not in a comment', 'B1', `// 'B1 a'`, []],
  ['not E2 of E2E', 'E2', `reason: 'E2E'`, []],
  ['bars and brackets', 'B1', `test('B1 a | <b>')`, ['B1 a \\| &lt;b>']],
]
test.each(found)('found: %s', (_name, id, source, cells) => {
  const page = fillIn(row(id), tests(source))
  expect(page).toBe(row(id, cells.map(cell).join('<br>')))
  expect(fillIn(page, tests(source))).toBe(page)
})

test('what was named by hand stays while it is there', () => {
  const page = row('R1.1', cell('another name'))
  expect(fillIn(page, tests(`test('another name')\ntest('R1.1 one')`))).toBe(
    row('R1.1', `${cell('another name')}<br>${cell('R1.1 one')}`),
  )
  expect(fillIn(page, tests(`test('R1.1 one')`))).toBe(row('R1.1', cell('R1.1 one')))
})

test('the simulator has an E and a B of its own', () => {
  expect(fillIn(row('B4'), tests(`test('B4 ten bugs')`, 'src/sim/a.test.ts'))).toBe(row('B4'))
})

test('each group of rules has a planted fault', () => {
  const page = readFileSync(new URL(`../${daemonSetRulesPage}`, import.meta.url), 'utf8')
  const groups = [...page.matchAll(/^## ([\d.]+) /gm)].map(([, number]) => number!.replace(/\.$/, ''))
  const planted = new Set(faults.map(({ group }) => group.split(' ')[0]))
  // Scenarios (13) play the rules of other groups.
  expect(groups.filter((group) => !group.startsWith('13.') && !planted.has(group))).toEqual([])
  expect(groups).toContain('11')
})
