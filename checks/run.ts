// Runs every check of the house over the files git knows, and prints what it found. Exit code 1 when something is wrong.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { apiRulesPage, apiRuleTests, checkApiRules } from './api-rules.ts'
import { checkDaemonSetRules, daemonSetRulesPage, daemonSetRuleTests } from './daemonset-rules.ts'
import { filesOf } from './files.ts'
import { checkLayers, type SourceFile } from './layers.ts'
import { checkLinks } from './links.ts'
import { checkPureFileList, checkPurity } from './purity.ts'

const sources = filesOf('src/**/*.ts', 'src/*.ts')
const pages = filesOf('*.md', 'docs/**/*.md', 'examples/**/*.md')
const pureFiles = execFileSync('node_modules/.bin/tsc', ['-p', 'tsconfig.pure.json', '--listFilesOnly']).toString()

const pageOf = (path: string): SourceFile => ({ path, text: readFileSync(path, 'utf8') })

const checks: readonly [name: string, problems: readonly string[]][] = [
  ['the order of the folders', checkLayers(sources)],
  ['the pure floor', [...checkPurity(sources), ...checkPureFileList(pureFiles)]],
  ['links', checkLinks(pages, existsSync)],
  ['the rules of the wire', checkApiRules(pageOf(apiRulesPage), filesOf(...apiRuleTests))],
  ['the rules of DaemonSets', checkDaemonSetRules(pageOf(daemonSetRulesPage), filesOf(...daemonSetRuleTests))],
]

for (const [name, problems] of checks) {
  process.stdout.write(`${problems.length === 0 ? 'ok' : 'FAILED'}  ${name}\n`)
  for (const problem of problems) process.stdout.write(`  ${problem}\n`)
}
if (sources.length === 0) throw new Error('the checks found no source files: run them from the root of the project')
process.exitCode = checks.some(([, problems]) => problems.length > 0) ? 1 : 0
