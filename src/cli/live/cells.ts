// The smallest pieces of the live table: a cell's sign, words and colour, and texts that fit. Colours are handed in, so
// that a pipe or a test gets plain text.
import { type BoardCell, type BoardColumn, type CellState, isSettled } from './board.ts'

export interface Paint {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
}

export interface Frame {
  readonly columns: number
  readonly rows: number
}

export const signs: Readonly<Record<CellState, string>> = {
  ready: '●',
  starting: '◐',
  stopping: '◌',
  failing: '✗',
  missing: '○',
  out: '·',
}

export const legend = [
  `${signs.ready} ready`,
  `${signs.starting} starting`,
  `${signs.missing} missing`,
  `${signs.failing} failing`,
  `${signs.out} not wanted`,
].join('  ')

export function cellText(cell: BoardCell): string {
  return `${signs[cell.state]} ${cell.text}${cell.old ? ' (old)' : ''}`
}

export function colourOf({ state, old }: BoardCell, paint: Paint): (text: string) => string {
  switch (state) {
    case 'ready':
      return old ? paint.yellow : paint.green
    case 'starting':
    case 'stopping':
    case 'missing':
      return paint.yellow
    case 'failing':
      return paint.red
    case 'out':
      return paint.dim
    default:
      return state satisfies never
  }
}

/** Where not all of them fit, those with something to say: nobody looks for what is well. */
export function mostTelling(columns: readonly BoardColumn[], count: number): readonly BoardColumn[] {
  if (columns.length <= count) return columns
  const rank = (column: BoardColumn) => (troubleOf(column) !== '' ? 0 : isSettled(column) ? 2 : 1)
  const chosen = new Set([...columns].sort((a, b) => rank(a) - rank(b)).slice(0, count))
  return columns.filter((column) => chosen.has(column))
}

/** `✗ 2 CrashLoopBackOff`: how many fail, and of what most of them do. */
export function troubleOf({ cells }: BoardColumn): string {
  const counts = new Map<string, number>()
  for (const { state, text } of cells) if (state === 'failing') counts.set(text, (counts.get(text) ?? 0) + 1)
  const [most] = [...counts].sort(([, a], [, b]) => b - a)
  if (most === undefined) return ''
  const total = [...counts.values()].reduce((a, b) => a + b)
  return `${signs.failing} ${total} ${most[0]}`
}

export function pad(text: string, width: number): string {
  return text.padEnd(width)
}

export function cut(text: string, width: number): string {
  if (text.length <= width) return text
  return width <= 1 ? text.slice(0, Math.max(0, width)) : `${text.slice(0, width - 1)}…`
}
