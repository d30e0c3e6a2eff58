// How the live table looks: a board as lines that fit the terminal. Few nodes: a row a node, with words. Many nodes: a
// picture.
import type { Board, BoardColumn } from './board.ts'
import { cellText, colourOf, cut, type Frame, mostTelling, type Paint, pad } from './cells.ts'
import { drawPicture } from './picture.ts'
import { summaryColour, summaryOf } from './summary.ts'

export type { Frame, Paint } from './cells.ts'

const widths = { node: 8, status: 6, cell: 12, gap: 2 } as const

/** Lines for the board; never more than `frame.rows`, none longer than `frame.columns`. */
export function drawBoard(board: Board, frame: Frame, paint: Paint): string[] {
  if (board.columns.length === 0) return noDaemonSets(board, frame, paint)
  // Nodes are the longer list: the summary gives way first, down to a third.
  const summaryRows = Math.max(Math.floor(frame.rows / 3), frame.rows - board.nodes.length - 2)
  const summary = summaryLines(board.columns, { ...frame, rows: summaryRows }, paint)
  const rowsLeft = frame.rows - summary.length - 1
  const layout = layoutOf(board, frame)
  if (board.nodes.length + 1 > rowsLeft || layout.room < widths.cell) return drawPicture(board, frame, paint)
  return [...summary, '', ...nodeRows(board, layout, frame, paint)]
}

/** How many lines the board takes where there is room for all of it. */
export function rowsOf(board: Board): number {
  return board.columns.length === 0 ? 1 : board.columns.length + board.nodes.length + 3
}

function noDaemonSets(board: Board, frame: Frame, paint: Paint): string[] {
  const ready = board.nodes.filter((node) => node.ready).length
  const nodes = board.nodes.length === 0 ? '' : ` ${ready} of ${board.nodes.length} nodes ready.`
  return [paint.dim(cut(`No DaemonSets yet.${nodes}`, frame.columns))]
}

function summaryLines(columns: readonly BoardColumn[], frame: Frame, paint: Paint): string[] {
  const room = Math.max(1, frame.rows - 1)
  const shown = mostTelling(columns, columns.length <= room ? room : Math.max(1, room - 1))
  const { head, lines } = summaryOf(shown, frame.columns)
  const hidden = columns.length - shown.length
  return [
    paint.bold(head),
    ...lines.map(({ column, text }) => summaryColour(column, paint)(text.trimEnd())),
    ...(hidden === 0 ? [] : [paint.dim(cut(`… and ${hidden} more`, frame.columns))]),
  ]
}

interface Layout {
  readonly nodeWidth: number
  readonly statusWidth: number
  /** What is left for the DaemonSets, each with a gap before it. */
  readonly room: number
}

function layoutOf({ nodes }: Board, { columns }: Frame): Layout {
  const longest = Math.max(widths.node, ...nodes.map(({ name }) => name.length))
  const nodeWidth = Math.min(longest, Math.max(widths.node, Math.floor(columns / 3)))
  const statusWidth = Math.max(widths.status, ...nodes.map(({ status }) => status.length))
  return { nodeWidth, statusWidth, room: columns - nodeWidth - widths.gap - statusWidth }
}

function nodeRows(board: Board, { nodeWidth, statusWidth, room }: Layout, frame: Frame, paint: Paint): string[] {
  const shown = fitting(board.columns, room)
  const gap = ' '.repeat(widths.gap)
  const heads = shown.map(({ column, width }) => pad(cut(column.name, width), width))
  const hidden = board.columns.length - shown.length
  const head = [pad('NODE', nodeWidth), pad('STATUS', statusWidth), ...heads].join(gap)
  const lines = [paint.bold(cut(hidden === 0 ? head.trimEnd() : `${head}${gap}+${hidden}`, frame.columns))]
  board.nodes.forEach((node, at) => {
    const status = pad(node.status, statusWidth)
    const cells = shown.map(({ column, width }) => {
      const cell = column.cells[at]!
      return colourOf(cell, paint)(pad(cut(cellText(cell), width), width))
    })
    lines.push(
      [pad(cut(node.name, nodeWidth), nodeWidth), node.ready ? status : paint.red(status), ...cells]
        .join(gap)
        .trimEnd(),
    )
  })
  return lines
}

/** As many DaemonSets as there is room for, each as wide as its words; one at the least, however wide it is. */
function fitting(columns: readonly BoardColumn[], room: number): { column: BoardColumn; width: number }[] {
  const widthOf = (column: BoardColumn) =>
    Math.max(widths.cell, column.name.length, ...column.cells.map((cell) => cellText(cell).length))
  for (let count = columns.length; ; count--) {
    const shown = mostTelling(columns, count).map((column) => ({ column, width: widthOf(column) }))
    const taken = shown.reduce((sum, { width }) => sum + width + widths.gap, 0)
    const more = count === columns.length ? 0 : widths.gap + `+${columns.length - count}`.length
    if (taken + more <= room) return shown
    if (count <= 1) return shown.map(({ column }) => ({ column, width: Math.max(1, room - widths.gap - more) }))
  }
}
