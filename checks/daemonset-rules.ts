// The table of rules (docs/reference/daemonset-rules.md): each row names the tests that hold it. Tests are found by the
// ids and scenario names in their own names; a row may also name one by hand. A row without a test, or with one that is
// gone, is a failure. `npx tsx checks/daemonset-rules.ts --write` fills in what it finds.
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { filesOf } from './files.ts'
import type { SourceFile } from './layers.ts'

export const daemonSetRulesPage = 'docs/reference/daemonset-rules.md'

/** Where names of tests stand. */
export const daemonSetRuleTests = ['src/*.test.ts', 'test/*.test.ts'] as const

/** More would not be read: the first ones, by path, are enough to find the rest. */
const shownPerRow = 3

export interface NamedTest {
  readonly path: string
  readonly name: string
}

interface Row {
  readonly line: number
  readonly id: string
  readonly rule: string
  readonly tests: readonly NamedTest[]
  readonly differs: string
}

export function checkDaemonSetRules(page: SourceFile, testFiles: readonly SourceFile[]): string[] {
  const texts = new Map(testFiles.map(({ path, text }) => [path, text]))
  const rows = rowsOf(page.text)
  const known = new Set(rows.map(({ id }) => id))
  const problems = rows.flatMap(({ line, id, tests }) => {
    if (tests.length === 0) return [`${page.path}:${line}: ${id} has no test`]
    return tests
      .filter((test) => !exists(test, texts))
      .map(({ path, name }) => `${page.path}:${line}: ${id}: ${path} has no test "${name}"`)
  })
  const twice = rows.filter(({ id }, at) => rows.findIndex((row) => row.id === id) !== at)
  const unknown = [...testsById(testFiles)].filter(([id]) => isRule(id) && !known.has(id))
  return [
    ...problems,
    ...twice.map(({ line, id }) => `${page.path}:${line}: ${id} stands here twice`),
    ...unknown.map(([id, [test]]) => `${test?.path}: "${test?.name}": the table has no rule ${id}`),
    ...(rows.length === 0 ? [`${page.path}: no row was found`] : []),
  ]
}

/** The page with what the tests' names say. What was named by hand, and is still there, stays. */
export function fillIn(page: string, testFiles: readonly SourceFile[]): string {
  const texts = new Map(testFiles.map(({ path, text }) => [path, text]))
  const found = testsById(testFiles)
  return page
    .split('\n')
    .map((line, at) => {
      const [row] = rowsOf(line, at + 1)
      if (row === undefined) return line
      const byHand = row.tests.filter((test) => exists(test, texts))
      const named = isRule(row.id) ? (found.get(row.id) ?? []) : testsNaming(row.id, testFiles)
      const all = [...byHand, ...named].filter(
        (test, i, tests) => tests.findIndex(({ path, name }) => path === test.path && name === test.name) === i,
      )
      return `| ${row.id} | ${row.rule} | ${all.slice(0, shownPerRow).map(link).join('<br>')} | ${row.differs} |`
    })
    .join('\n')
}

/** `R4.7`, `E12`, `B3`: what is not one is the name of an upstream scenario. */
function isRule(id: string): boolean {
  return /^(R\d+\.\d+|E\d+|B\d+)$/.test(id)
}

/** Names that begin with ids: `R4.8 of several the oldest stays`, `M9 R5.15 undo …`, `R8.1 to R8.5 …`. */
function testsById(testFiles: readonly SourceFile[]): Map<string, NamedTest[]> {
  const found = new Map<string, NamedTest[]>()
  for (const test of testFiles.flatMap(namesIn)) {
    for (const id of idsOf(test)) found.set(id, [...(found.get(id) ?? []), test])
  }
  return found
}

function testsNaming(scenario: string, testFiles: readonly SourceFile[]): NamedTest[] {
  const word = new RegExp(`(^|[^A-Za-z])${scenario.replace(/[^\w]/g, '\\$&')}($|[^A-Za-z])`)
  return testFiles.flatMap(namesIn).filter(({ name }) => word.test(name))
}

/** Every text on one line may be a name; what is none has no id, and names no scenario. Comments do not count. */
function namesIn({ path, text }: SourceFile): NamedTest[] {
  return text
    .split('\n')
    .filter((line) => !/^\s*(\/\/|\/?\*)/.test(line))
    .flatMap((line) =>
      [...line.matchAll(/(['"`])((?:(?!\1)[^\\]|\\.)+)\1/g)].map((match) => ({ path, name: match[2]! })),
    )
}

function idsOf({ path, name }: NamedTest): string[] {
  // The simulator and the store number other things by E and B.
  const isElsewhere = /^(src\/(sim|store|apiserver|agent|base)|bench)\//.test(path)
  // Of E and B only those in front: a text may speak of another E or B.
  const head = /^(?:[A-Z]+\d+(?:\.\d+)?(?![A-Za-z])(?:,| to| and)? ?)+/.exec(name)?.[0] ?? ''
  const range = /(R(\d+)\.(\d+)) to R\2\.(\d+)/.exec(head)
  const between =
    range === null
      ? []
      : Array.from(
          { length: Number(range[4]) - Number(range[3]) + 1 },
          (_, i) => `R${range[2]}.${Number(range[3]) + i}`,
        )
  const ids = [...(name.match(/\bR\d+\.\d+\b/g) ?? []), ...(head.match(/\b[EB]\d+\b/g) ?? [])]
  return [...new Set([...ids, ...between])].filter((id) => !(isElsewhere && /^[EB]/.test(id)))
}

function exists({ path, name }: NamedTest, texts: ReadonlyMap<string, string>): boolean {
  return texts.get(path)?.includes(name) === true
}

function rowsOf(text: string, firstLine = 1): Row[] {
  return text.split('\n').flatMap((content, at) => {
    const cells = /^\| ([\w.…-]+) \| (.*) \| (.*) \| (.*) \|$/.exec(content)
    if (cells === null || cells[1] === 'id') return []
    const [, id = '', rule = '', tests = '', differs = ''] = cells
    return [{ line: firstLine + at, id, rule, tests: linksOf(tests), differs: differs.trim() }]
  })
}

function link({ path, name }: NamedTest): string {
  return `[${path.replace(/^.*\/(?=[^/]+\/[^/]+$)/, '')}](../../${path}) ${name.replaceAll('|', '\\|').replaceAll('<', '&lt;')}`
}

function linksOf(cell: string): NamedTest[] {
  return cell.split('<br>').flatMap((entry) => {
    const [, path, name] = /^\[[^\]]*\]\(\.\.\/\.\.\/([^)]+)\) (.+)$/.exec(entry.trim()) ?? []
    if (path === undefined || name === undefined) return []
    return [{ path, name: name.replaceAll('\\|', '|').replaceAll('&lt;', '<') }]
  })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href && process.argv.includes('--write')) {
  const testFiles = filesOf(...daemonSetRuleTests)
  writeFileSync(daemonSetRulesPage, fillIn(readFileSync(daemonSetRulesPage, 'utf8'), testFiles))
}
