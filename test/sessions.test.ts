// Sessions at a terminal: each file in test/sessions is a list of commands and what they print. `$ command` must print
// just what follows (both streams together); `~ command` is repeated until it does; `(exit N)` at the end is the exit
// code when it is not 0; `<age>`, `<hash>` … as in screen-text.ts. A line that starts with `# ` says what it is about.
// Between `<<'EOF'` and `EOF` stands what a command reads. Each command is a test of its own, in order, on one cluster.
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { differenceTo } from './screen-text.ts'
import { kubectl, needsKubectl, openCluster, type Shell } from './shell.ts'

interface Step {
  readonly line: number
  readonly about: string
  readonly command: string
  readonly repeated: boolean
  readonly screen: string
}

const folder = new URL('./sessions/', import.meta.url)
/** `*.long.txt` is left to `npm run test:all`. */
const isQuick = process.env.EVERYNODE_TESTS === 'quick'
const files = readdirSync(folder).filter((file) => file.endsWith('.txt') && !(isQuick && file.endsWith('.long.txt')))
const patienceMs = 20_000

describe.each(files)('%s', (file) => {
  let shell: Shell
  beforeAll(async () => {
    if (kubectl !== undefined) shell = await openCluster('--nodes 3')
  })
  afterAll(() => shell?.close())
  beforeEach(needsKubectl)

  const steps = parseSession(readFileSync(new URL(file, folder), 'utf8'))
  test.each(steps)('line $line: $about: $command', { timeout: 60_000 }, async ({ command, repeated, screen }) => {
    const end = Date.now() + (repeated ? patienceMs : 0)
    for (;;) {
      const ran = await shell.run(`{ ${command}\n} 2>&1`)
      const seen = ran.code === 0 ? ran.out : `${ran.out.replace(/\n?$/, '\n')}(exit ${ran.code})`
      const difference = differenceTo(screen, seen)
      if (difference === undefined) return
      if (Date.now() >= end) expect.fail(`$ ${command}\n${difference}`)
    }
  })
})

test('every session says something', () => {
  expect(files.length).toBeGreaterThan(0)
  for (const file of files) expect(parseSession(readFileSync(new URL(file, folder), 'utf8'))).not.toEqual([])
})

function parseSession(text: string): Step[] {
  const steps: { line: number; about: string; command: string; repeated: boolean; screen: string }[] = []
  let about = ''
  let inInput = false
  for (const [index, content] of text.split('\n').entries()) {
    const last = steps.at(-1)
    if (inInput && last !== undefined) {
      last.command += `\n${content}`
      inInput = content !== 'EOF'
    } else if (content.startsWith('# ')) {
      about = content.slice(2)
    } else if (/^[$~] /.test(content)) {
      const command = content.slice(2)
      steps.push({ line: index + 1, about, command, repeated: content.startsWith('~'), screen: '' })
      inInput = command.includes("<<'EOF'")
    } else if (last !== undefined) {
      last.screen += `${content}\n`
    }
  }
  return steps
}
