// A line a DaemonSet: how many of its pods serve, how many are of the newest template, what runs them, and
// what is wrong.
import { simulatedRuntime } from '../../agent/runtime-label.ts'
import { type BoardColumn, isSettled } from './board.ts'
import { cut, type Paint, pad, troubleOf } from './cells.ts'

export interface Summary {
  /** `DAEMONSET  READY …`, over the lines. */
  readonly head: string
  /** Not painted yet: somebody may want to write behind them. All of one width. */
  readonly lines: readonly { readonly column: BoardColumn; readonly text: string }[]
}

export function summaryOf(columns: readonly BoardColumn[], width: number): Summary {
  const all = [
    ['DAEMONSET', 'READY', 'UPDATED', 'STRATEGY', 'RUNTIME', ''],
    ...columns.map((column) => [
      column.key,
      `${column.ready}/${column.desired}`,
      `${column.updated}/${column.desired}`,
      column.strategy,
      column.runtime,
      troubleOf(column),
    ]),
  ]
  // What runs them is told where not all are played, what is wrong where something is.
  const isPlayed = columns.every(({ runtime }) => runtime === simulatedRuntime || runtime === '')
  const rows = isPlayed ? all.map((row) => row.toSpliced(4, 1)) : all
  const widths = all[0]!.map((_, at) => Math.max(0, ...rows.map((row) => row[at]?.length ?? 0)))
  const shown = widths.findLastIndex((width) => width > 0) + 1
  const texts = rows.map((row) =>
    row
      .slice(0, shown)
      .map((text, at) => pad(text, widths[at]!))
      .join('  '),
  )
  const [head = '', ...lines] = texts
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
