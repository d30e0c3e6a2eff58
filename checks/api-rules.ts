// The rules of the wire, by number: docs/reference/api-rules.md has a row for each, with the tests whose names bear the
// number. The column of tests is written by machine (`npx tsx checks/api-rules.ts --write`), and a
// test that is gone is noticed.
// A rule about somebody else's program has no test of ours, and says so in the last column.
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, normalize, relative } from 'node:path/posix'
import { pathToFileURL } from 'node:url'
import { filesOf } from './files.ts'
import type { SourceFile } from './layers.ts'

export const apiRulesPage = 'docs/reference/api-rules.md'

/** Sources and transcripts in which names of tests stand. */
export const apiRuleTests: readonly string[] = [
  'src/*.test.ts',
  'test/*.test.ts',
  'test/sessions/*.txt',
  'test/exchanges/*.txt',
]

/** Section → how many rules it has. */
const sections: Readonly<Record<string, number>> = {
  X: 14,
  W1: 12,
  W2: 5,
  W3: 11,
  W4: 10,
  W5: 10,
  W6: 6,
  W7: 12,
  W8: 14,
  W9: 12,
  W10: 12,
  W11: 12,
  W12: 10,
  W13: 11,
  W14: 5,
  W16: 6,
  W17: 4,
  W18: 8,
  W20: 1,
  WA: 9,
}

export const apiRuleIds: readonly string[] = Object.entries(sections).flatMap(([section, count]) =>
  Array.from({ length: count }, (_, i) => `${section}${/\d$/.test(section) ? '.' : ''}${i + 1}`),
)

export function checkApiRules(page: SourceFile, tests: readonly SourceFile[], ids = apiRuleIds): string[] {
  const rows = rowsOf(page.text)
  const seen = rows.map(({ id }) => id)
  const found = namesById(tests)
  return [
    ...ids.filter((id) => !seen.includes(id)).map((id) => `${page.path}: ${id} has no row`),
    ...rows
      .filter(({ id }, i) => !ids.includes(id) || seen.indexOf(id) !== i)
      .map(({ id, line }) => `${page.path}:${line}: ${id} is a row too many`),
    ...rows.flatMap((row) => {
      const names = found.get(row.id) ?? []
      const where = `${page.path}:${row.line}: ${row.id}`
      if (row.rule === '') return [`${where} is not said in words`]
      if (names.length === 0 && row.differs === '') return [`${where} has no test whose name bears it`]
      if (names.length > 0 && row.tests === '') return [`${where}: its tests are not named here (--write)`]
      // A test more needs no new page; one that is gone does.
      return linksOf(row.tests, page.path)
        .filter((path) => !names.some((name) => name.path === path))
        .map((path) => `${where}: ${path} has no such test any more (--write)`)
    }),
  ]
}

/** The page with the tests there are. */
export function withTests(page: SourceFile, tests: readonly SourceFile[]): string {
  const found = namesById(tests)
  const lines = page.text.split('\n')
  for (const { id, rule, differs, line } of rowsOf(page.text)) {
    const cells = [id, rule, cellOf(page.path, found.get(id) ?? []), differs]
    lines[line - 1] = `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |')
  }
  return lines.join('\n')
}

interface Row {
  readonly id: string
  readonly rule: string
  readonly tests: string
  readonly differs: string
  readonly line: number
}

function rowsOf(text: string): Row[] {
  return text.split('\n').flatMap((content, index) => {
    // A bar within a cell stands behind a backslash.
    const cells = content.split(/(?<!\\)\|/).map((cell) => cell.trim())
    const [, id = '', rule = '', tests = '', differs = ''] = cells
    if (cells.length !== 6 || !/^(?:W\d+\.\d+|WA\d+|X\d+)$/.test(id)) return []
    return [{ id, rule, tests, differs, line: index + 1 }]
  })
}

interface Name {
  readonly path: string
  readonly name: string
}

/** For each number the first name in each file that bears it. */
function namesById(tests: readonly SourceFile[]): ReadonlyMap<string, readonly Name[]> {
  const found = new Map<string, Name[]>()
  for (const { path, text } of [...tests].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    for (const name of namesIn(path, text)) {
      for (const id of idsIn(name)) {
        const names = found.get(id) ?? []
        if (!names.some((known) => known.path === path)) names.push({ path, name })
        found.set(id, names)
      }
    }
  }
  return found
}

/** `W7.4 …`, `W1.6 to W1.8 …`, `WA1 to WA9 …`. */
function idsIn(name: string): string[] {
  const ranges = name.replace(/\b(W\d+\.|WA|X)(\d+) to \1(\d+)\b/g, (_all, section, first, last) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => `${section}${Number(first) + i}`).join(' '),
  )
  return ranges.match(/\b(?:W\d+\.\d+|WA\d+|X\d+)\b/g) ?? []
}

/** The texts in quotes of a test file, where its names are; the headings of a transcript. Comments do not count. */
function namesIn(path: string, text: string): string[] {
  const lines = text.split('\n')
  if (!path.endsWith('.ts')) return lines.filter((line) => line.startsWith('# ')).map((line) => line.slice(2))
  return lines
    .filter((line) => !/^\s*(\/\/|\*|\/\*)/.test(line))
    .flatMap((line) => [...line.matchAll(/(['"`])((?:\\.|(?!\1)[^\\])*)\1/g)].map((match) => match[2]!))
}

/** More would not be read: the first ones are enough to find the rest. */
const shownPerRow = 3
const shownOfName = 90

function cellOf(page: string, names: readonly Name[]): string {
  const shown = names.slice(0, shownPerRow).map(({ path, name }) => {
    const short = name.length > shownOfName ? `${name.slice(0, shownOfName - 1)}…` : name
    const quoted = short.replace(/[|[\]<*_`]/g, '\\$&')
    return `[${basename(path)}](${relative(dirname(page), path)}) ${quoted}`
  })
  return [...shown, ...(names.length > shownPerRow ? [`${names.length - shownPerRow} more`] : [])].join('<br>')
}

function linksOf(cell: string, page: string): string[] {
  return [...cell.matchAll(/\]\(([^)]+)\)/g)].map((match) => normalize(join(dirname(page), match[1]!)))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href && process.argv.includes('--write')) {
  const page = { path: apiRulesPage, text: readFileSync(apiRulesPage, 'utf8') }
  writeFileSync(apiRulesPage, withTests(page, filesOf(...apiRuleTests)))
}
