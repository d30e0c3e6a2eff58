// From the values of several runs to one line of a table, and whether it meets its goal.

import type { Goal } from './scenario.ts'

export interface Summary {
  readonly min: number
  readonly median: number
  readonly max: number
  /** (max - min) / median: how much to believe the median. */
  readonly spread: number
}

export function summaryOf(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >>> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  const [min, max] = [sorted[0]!, sorted.at(-1)!]
  return { min, median, max, spread: median === 0 ? 0 : (max - min) / median }
}

export type Verdict = 'moonshot' | 'must' | 'MISSED'

/** By the median. */
export function verdictOf(median: number, { better, must, moonshot }: Goal): Verdict {
  const reaches = (figure: number) => (better === 'less' ? median <= figure : median >= figure)
  if (reaches(moonshot)) return 'moonshot'
  return reaches(must) ? 'must' : 'MISSED'
}

/** Three figures that matter, and no more. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-'
  if (value === 0) return '0'
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return digits === 0 ? String(Math.round(value)) : value.toFixed(Math.min(digits, 3))
}

/** Columns as wide as their longest cell, the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ')
  return rows.map((row) => line(row).trimEnd()).join('\n')
}

/** The value that so large a part of all does not exceed. */
export function quantile(values: readonly number[], part: number): number {
  return [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))]!
}
