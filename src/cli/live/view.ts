// How the live table looks: a board as lines that fit the terminal. Few nodes: a row a node, with words. Many nodes: a
// picture, one sign a node. Pure: colours are handed in, so that a pipe or a test gets plain text.
import { type Board, type BoardCell, type BoardColumn, type CellState, isSettled } from './board.ts'

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

const signs: Readonly<Record<CellState, string>> = {
  ready: '●',
  starting: '◐',
  stopping: '◌',
  failing: '✗',
  missing: '○',
  out: '·',
}

/** The least a terminal must have for rows of words; below it, and for many nodes, the picture is drawn. */
const widths = { node: 8, status: 5, cell: 12, gap: 2 } as const

/** Lines for the board; never more than `frame.rows`, none longer than `frame.columns`. */
export function drawBoard(board: Board, frame: Frame, paint: Paint): string[] {
  if (board.columns.length === 0) return [paint.dim('No DaemonSets yet.')]
  const summary = summaryLines(board.columns, frame, paint)
  const rowsLeft = frame.rows - summary.length - 1
  const body =
    board.nodes.length + 1 <= rowsLeft
      ? nodeRows(board, frame, paint)
      : pictures(board, { ...frame, rows: rowsLeft }, paint)
  return [...summary, '', ...body]
}

function summaryLines(columns: readonly BoardColumn[], frame: Frame, paint: Paint): string[] {
  const shown = columns.slice(0, Math.max(1, Math.floor(frame.rows / 3)))
  const rows = [
    ['DAEMONSET', 'READY', 'UPDATED', 'STRATEGY'],
    ...shown.map(({ key, ready, updated, desired, strategy }) => [
      key,
      `${ready}/${desired}`,
      `${updated}/${desired}`,
      strategy,
    ]),
  ]
  const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => row[at]!.length)))
  const lines = rows.map((row) => {
    const cells = row.map((text, at) => pad(text, widths[at] ?? 0))
    return cut(cells.join('  ').trimEnd(), frame.columns)
  })
  const colours = [paint.bold, ...shown.map((column) => (isSettled(column) ? paint.green : paint.yellow))]
  const painted = lines.map((line, at) => colours[at]!(line))
  const hidden = columns.length - shown.length
  return hidden === 0 ? painted : [...painted, paint.dim(`… and ${hidden} more`)]
}

function nodeRows(board: Board, frame: Frame, paint: Paint): string[] {
  const nodeWidth = Math.max(widths.node, ...board.nodes.map((node) => node.name.length))
  const statusWidth = Math.max(widths.status + 1, ...board.nodes.map((node) => node.status.length))
  const cellWidth = Math.max(
    widths.cell,
    ...board.columns.map((column) => column.name.length),
    ...board.columns.flatMap((column) => column.cells.map((cell) => cellText(cell).length)),
  )
  const room = frame.columns - nodeWidth - statusWidth - widths.gap
  const fitting = Math.max(1, Math.floor(room / (cellWidth + widths.gap)))
  const shown = board.columns.slice(0, fitting)
  const gap = ' '.repeat(widths.gap)
  const heads = shown.map((column) => pad(cut(column.name, cellWidth), cellWidth))
  const more = board.columns.length > shown.length ? ` +${board.columns.length - shown.length}` : ''
  const head = [pad('NODE', nodeWidth), pad('STATUS', statusWidth), ...heads].join(gap) + more
  const lines = [paint.bold(cut(head.trimEnd(), frame.columns))]
  board.nodes.forEach((node, at) => {
    const status = pad(node.status, statusWidth)
    const cells = shown.map((column) => drawCell(column.cells[at]!, cellWidth, paint))
    lines.push([pad(node.name, nodeWidth), node.ready ? status : paint.red(status), ...cells].join(gap).trimEnd())
  })
  return lines
}

/** A sign a node, in the order of their names, as many as fit; what does not fit is counted. */
function pictures(board: Board, frame: Frame, paint: Paint): string[] {
  const notReady = board.nodes.filter((node) => !node.ready).length
  const count = `${board.nodes.length} nodes${notReady === 0 ? '' : `, ${notReady} not ready`}`
  const lines = [paint.dim(cut(`${count}, one sign each: ${legend}`, frame.columns))]
  const each = Math.max(2, Math.floor((frame.rows - 1) / board.columns.length))
  for (const column of board.columns) {
    if (lines.length + 2 > frame.rows) break
    lines.push(paint.bold(cut(column.key, frame.columns)))
    const rows = Math.min(each - 1, frame.rows - lines.length)
    const fits = rows * frame.columns
    for (let row = 0; row < rows && row * frame.columns < column.cells.length; row++) {
      const cells = column.cells.slice(row * frame.columns, (row + 1) * frame.columns)
      const isLast = row === rows - 1 && column.cells.length > fits
      if (!isLast) lines.push(cells.map((cell) => colourOf(cell, paint)(signs[cell.state])).join(''))
      else lines.push(paint.dim(cut(`… and ${column.cells.length - row * frame.columns} more`, frame.columns)))
    }
  }
  return lines
}

const legend = `${signs.ready} ready  ${signs.starting} starting  ${signs.missing} missing  ${signs.failing} failing  ${signs.out} not wanted`

function drawCell(cell: BoardCell, width: number, paint: Paint): string {
  return colourOf(cell, paint)(pad(cut(cellText(cell), width), width))
}

function cellText(cell: BoardCell): string {
  return `${signs[cell.state]} ${cell.text}${cell.old ? ' (old)' : ''}`
}

function colourOf({ state, old }: BoardCell, paint: Paint): (text: string) => string {
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

function pad(text: string, width: number): string {
  return text.padEnd(width)
}

function cut(text: string, width: number): string {
  if (text.length <= width) return text
  return width <= 1 ? text.slice(0, Math.max(0, width)) : `${text.slice(0, width - 1)}…`
}
