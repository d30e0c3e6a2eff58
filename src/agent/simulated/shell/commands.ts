// The commands of a simulated container. No program runs and no file is there: each of these is a few lines here, and
// everything else says that it cannot be. For people: docs/guide/simulated-nodes.md.

import { sleep } from '../../../base/clock.ts'
import type { Io } from './io.ts'

/** Resolves with the exit code. */
export type Command = (words: readonly string[], io: Io) => Promise<number> | number

export const commands: Readonly<Record<string, Command>> = {
  cat,
  date: async (_words, io) => said(io, `${new Date(io.clock.now()).toISOString().slice(0, 19)}Z`),
  echo,
  env: async (_words, io) => said(io, environment(io).join('\n')),
  false: () => 1,
  hostname: async (_words, io) => said(io, io.variables.get('HOSTNAME') ?? ''),
  sleep: wait,
  stty: terminalSize,
  true: () => 0,
  tty: terminalName,
}

/** What a person reads who looks for a program: POSIX's exit code for it is 127. */
export async function missing(name: string, io: Io): Promise<number> {
  await io.error(`${name}: this pod is simulated; nothing runs in it`)
  return 127
}

function environment({ variables }: Io): string[] {
  return [...variables].filter(([name]) => name !== '?').map(([name, value]) => `${name}=${value}`)
}

async function said(io: Io, text: string): Promise<number> {
  return (await io.write(`${text}\n`)) ? 0 : 1
}

async function echo([first, ...rest]: readonly string[], io: Io): Promise<number> {
  const isBare = first === '-n'
  const words = isBare ? rest : first === undefined ? [] : [first, ...rest]
  return (await io.write(words.join(' ') + (isBare ? '' : '\n'))) ? 0 : 1
}

async function cat(words: readonly string[], io: Io): Promise<number> {
  const files = words.filter((word) => word !== '-')
  for (const file of files) await io.error(`cat: ${file}: this pod is simulated; it has no files`)
  if (files.length > 0) return 1
  for await (const chunk of io.stdin) if (!(await io.writeBytes(chunk))) return 1
  return 0
}

async function wait([text = '']: readonly string[], io: Io): Promise<number> {
  const seconds = Number(text)
  if (text === '' || !Number.isFinite(seconds) || seconds < 0) {
    await io.error(`sleep: invalid time interval '${text}'`)
    return 1
  }
  await sleep(io.clock, seconds * 1000, io.gone)
  return io.gone.aborted ? 143 : 0
}

async function terminalName(_words: readonly string[], io: Io): Promise<number> {
  if (io.terminal !== undefined) return said(io, '/dev/pts/0')
  await said(io, 'not a tty')
  return 1
}

/** `stty size`: rows and columns of the terminal at the other end, now. */
async function terminalSize(words: readonly string[], io: Io): Promise<number> {
  if (words.join(' ') !== 'size') return missing('stty', io)
  const size = await io.terminal?.size()
  if (size !== undefined) return said(io, `${size.height} ${size.width}`)
  await io.error("stty: 'standard input': Inappropriate ioctl for device")
  return 1
}
