// A session at a terminal, as text: a list of commands and what they print. `$ command` must print just what follows
// (both streams together); `~ command` is repeated until it does; `(exit N)` at the end is the exit code when it is not
// 0; `<age>`, `<hash>` … as in screen-text.ts. A line that starts with `# ` says what it is about. Between `<<'EOF'` and
// `EOF` stands what a command reads.
import { expect } from 'vitest'
import { differenceTo } from './screen-text.ts'
import type { Shell } from './shell.ts'

export interface Step {
  readonly line: number
  readonly about: string
  readonly command: string
  readonly repeated: boolean
  readonly screen: string
}

const patienceMs = 20_000

/** Fails with what was expected and what was seen. `before` is shell text that the command comes after. */
export async function runStep(shell: Shell, { command, repeated, screen }: Step, before = ''): Promise<void> {
  const end = Date.now() + (repeated ? patienceMs : 0)
  for (;;) {
    const ran = await shell.run(`${before}{ ${command}\n} 2>&1`)
    const seen = ran.code === 0 ? ran.out : `${ran.out.replace(/\n?$/, '\n')}(exit ${ran.code})`
    const difference = differenceTo(screen, seen)
    if (difference === undefined) return
    if (Date.now() >= end) expect.fail(`$ ${command}\n${difference}`)
  }
}

export function parseSession(text: string): Step[] {
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
