// The size of a terminal that somebody works in.

import { spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { childrenOf } from '../machine-process.ts'

/** Says the terminal its size, and the kernel says it whoever works in it. */
export function resizeTerminal(pid: number | undefined, size: { width: number; height: number }): void {
  const terminal = pid === undefined ? undefined : terminalOf(pid)
  if (terminal === undefined) return
  const words = ['-F', terminal, 'cols', String(Math.floor(size.width)), 'rows', String(Math.floor(size.height))]
  spawn('stty', words, { stdio: 'ignore' }).on('error', () => {})
}

/** What the first that stems from this process and reads from a terminal reads from. */
function terminalOf(pid: number): string | undefined {
  const input = `/proc/${pid}/fd/0`
  try {
    // Ends of pseudoterminals: Documentation/admin-guide/devices.txt of the kernel.
    const major = statSync(input).rdev >> 8
    if (major >= 136 && major <= 143) return input
  } catch {
    // It has ended.
  }
  for (const child of childrenOf(pid)) {
    const found = terminalOf(child)
    if (found !== undefined) return found
  }
  return undefined
}
