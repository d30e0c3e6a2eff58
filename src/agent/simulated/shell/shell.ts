// The shell of a simulated container: one command, `sh -c SCRIPT`, or lines that somebody types. It is no program of an
// image; it knows the few commands of commands.ts, and says of everything else that nothing runs here.

import { commands, missing } from './commands.ts'
import type { Io } from './io.ts'
import { LineReader } from './lines.ts'
import { expand, parseScript } from './script.ts'

const shells: ReadonlySet<string> = new Set(['sh', 'bash', 'ash'])

/** Runs what `kubectl exec` was given; the exit code. */
export async function runCommand(words: readonly string[], io: Io): Promise<number> {
  const [name = '', ...rest] = words
  const program = programOf(name)
  if (!shells.has(program)) return runProgram(program, name, rest, io)
  const options = rest.findIndex((word) => word === '-c' || word === '-lc')
  if (options >= 0) return (await runScript(rest[options + 1] ?? '', io)).exitCode
  return runLines(io)
}

/** `/bin/cat` is `cat`. */
function programOf(name: string): string {
  return /^(\/usr)?(\/local)?\/bin\/[^/]+$/.test(name) ? name.slice(name.lastIndexOf('/') + 1) : name
}

async function runProgram(program: string, name: string, words: readonly string[], io: Io): Promise<number> {
  const command = Object.hasOwn(commands, program) ? commands[program] : undefined
  return command === undefined ? missing(name, io) : command(words, io)
}

interface Ran {
  readonly exitCode: number
  /** `exit` was among it. */
  readonly exits: boolean
}

async function runScript(script: string, io: Io): Promise<Ran> {
  const parsed = parseScript(script)
  if ('problem' in parsed) {
    await io.error(`sh: this is the shell of a simulated pod: ${parsed.problem}`)
    return { exitCode: 2, exits: false }
  }
  let exitCode = 0
  for (const { when, words } of parsed.steps) {
    if (io.gone.aborted) return { exitCode, exits: true }
    if (when === 'after success' ? exitCode !== 0 : when === 'after failure' && exitCode === 0) continue
    const [name = '', ...rest] = words.map((word) => expand(word, io.variables))
    if (name === 'exit') return { exitCode: (Number.parseInt(rest[0] ?? `${exitCode}`, 10) || 0) & 0xff, exits: true }
    exitCode = await runStep(name, rest, io)
    io.variables.set('?', String(exitCode))
  }
  return { exitCode, exits: false }
}

async function runStep(name: string, rest: readonly string[], io: Io): Promise<number> {
  const program = programOf(name)
  // A shell within the shell is another script, never lines from the same input.
  if (shells.has(program)) return rest[0] === '-c' ? (await runScript(rest[1] ?? '', io)).exitCode : 0
  return runProgram(program, name, rest, io)
}

/** Until the input ends or somebody types `exit`. */
async function runLines(io: Io): Promise<number> {
  const isTerminal = io.terminal !== undefined
  if (isTerminal) {
    await io.write('This pod is simulated; nothing runs in it. This shell is a toy of everynode.\n')
    await io.write(`It knows: ${[...Object.keys(commands), 'exit'].join(', ')}.\n`)
  }
  const lines = new LineReader(io)
  let last: Ran = { exitCode: 0, exits: false }
  for (;;) {
    if (isTerminal) await io.write('$ ')
    const line = await lines.next()
    if (line === undefined || io.gone.aborted) return last.exitCode
    last = await runScript(line, { ...io, stdin: lines.rest })
    if (last.exits) return last.exitCode
  }
}
