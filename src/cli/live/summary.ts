// A line a DaemonSet: how many of its pods serve, how many are of the newest template, and what is wrong.
import { type BoardColumn, isSettled } from './board.ts'
import { cut, type Paint, pad, troubleOf } from './cells.ts'

export interface Summary {
  /** `DAEMONSET  READY …`, over the lines. */
  readonly head: string
  /** Not painted yet: somebody may want to write behind them. All of one width. */
  readonly lines: readonly { readonly column: BoardColumn; readonly text: string }[]
}

export function summaryOf(columns: readonly BoardColumn[], width: number): Summary {
  const rows = [
    ['DAEMONSET', 'READY', 'UPDATED', 'STRATEGY', ''],
    ...columns.map((column) => [
      column.key,
      `${column.ready}/${column.desired}`,
      `${column.updated}/${column.desired}`,
      column.strategy,
      troubleOf(column),
    ]),
  ]
  const widths = [0, 1, 2, 3, 4].map((at) => Math.max(...rows.map((row) => row[at]!.length)))
  const texts = rows.map((row) => row.map((text, at) => pad(text, widths[at]!)).join('  '))
  // The last column is there only where something is wrong.
  const [head = '', ...lines] = widths[4] === 0 ? texts.map((text) => text.slice(0, -2)) : texts
  return {
    head: cut(head.trimEnd(), width),
    lines: lines.map((text, at) => ({ column: columns[at]!, text: fitted(text, width) })),
  }
}

/** Blanks at the end are no loss. */
function fitted(text: string, width: number): string {
  return text.trimEnd().length <= width ? text.slice(0, width) : cut(text, width)
}

export function summaryColour(column: BoardColumn, paint: Paint): (text: string) => string {
  if (troubleOf(column) !== '') return paint.red
  return isSettled(column) ? paint.green : paint.yellow
}
