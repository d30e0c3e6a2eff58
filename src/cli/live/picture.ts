// Many nodes in little room: a sign a node, or where even that is too much a sign for several, the worst of them.
import type { Board, BoardCell, BoardColumn } from './board.ts'
import { colourOf, cut, type Frame, legend, mostTelling, type Paint, signs } from './cells.ts'
import { type Summary, summaryColour, summaryOf } from './summary.ts'

/** The least that is worth a picture behind a summary's line. */
const leastBeside = 10

/** Lines for the board; never more than `frame.rows`, none longer than `frame.columns`. */
export function drawPicture(board: Board, frame: Frame, paint: Paint): string[] {
  const { columns } = board
  const width = frame.columns
  // The head takes a line or two; decided by its longest words, so that nothing jumps while numbers change.
  const headRows = headOf(board, 99).join(': ').length > width && frame.rows > 2 * columns.length + 3 ? 2 : 1
  const rows = frame.rows - headRows - 1
  const beside = width - summaryOf(columns, width).lines[0]!.text.length - 2
  const isBeside = board.nodes.length <= beside || (rows < 2 * columns.length && beside >= leastBeside)
  const rowsEach = isBeside ? 1 : 2
  const fitting = Math.floor(rows / rowsEach)
  const shown = mostTelling(
    columns,
    columns.length <= fitting ? fitting : Math.max(1, Math.floor((rows - 1) / rowsEach)),
  )
  const hidden = columns.length - shown.length
  const summary = summaryOf(shown, width)
  const rowsBelow = Math.max(1, Math.floor((rows - (hidden > 0 ? 1 : 0)) / shown.length) - 1)
  const signsEach = isBeside ? beside : rowsBelow * width
  const nodesPerSign = Math.max(1, Math.ceil(board.nodes.length / signsEach))
  const body = isBeside ? linesBeside(summary, nodesPerSign, paint) : linesBelow(summary, nodesPerSign, width, paint)
  const lines = [
    ...headLines(headOf(board, nodesPerSign), headRows).map((line) => paint.dim(cut(line, width))),
    paint.bold(summary.head),
    ...body,
    ...(hidden === 0 ? [] : [paint.dim(cut(`… and ${hidden} more`, width))]),
  ]
  return lines.slice(0, Math.max(0, frame.rows))
}

function headOf({ nodes }: Board, nodesPerSign: number): string[] {
  const notReady = nodes.filter((node) => !node.ready).length
  const count = `${nodes.length} nodes${notReady === 0 ? '' : `, ${notReady} not ready`}`
  return [nodesPerSign === 1 ? count : `${count}, one sign for ${nodesPerSign}, the worst`, legend]
}

function headLines([what = '', meaning = '']: readonly string[], rows: number): string[] {
  return rows === 1 ? [`${what}: ${meaning}`] : [`${what}:`, meaning]
}

function linesBeside(summary: Summary, nodesPerSign: number, paint: Paint): string[] {
  return summary.lines.map(({ column, text }) => {
    return `${summaryColour(column, paint)(text)}  ${paintedSigns(groupsOf(column, nodesPerSign), paint)}`
  })
}

function linesBelow(summary: Summary, nodesPerSign: number, width: number, paint: Paint): string[] {
  return summary.lines.flatMap(({ column, text }) => {
    const cells = groupsOf(column, nodesPerSign)
    const lines = [summaryColour(column, paint)(text.trimEnd())]
    for (let at = 0; at < cells.length; at += width) {
      lines.push(paintedSigns(cells.slice(at, at + width), paint))
    }
    return lines
  })
}

/** One colour after the other: a thousand signs are few bytes. */
function paintedSigns(cells: readonly BoardCell[], paint: Paint): string {
  let line = ''
  for (let from = 0; from < cells.length; ) {
    const colour = colourOf(cells[from]!, paint)
    let to = from + 1
    while (to < cells.length && colourOf(cells[to]!, paint) === colour) to++
    line += colour(
      cells
        .slice(from, to)
        .map(({ state }) => signs[state])
        .join(''),
    )
    from = to
  }
  return line
}

/** The cells of neighbours, the worst for all of them. */
function groupsOf({ cells }: BoardColumn, size: number): BoardCell[] {
  const groups: BoardCell[] = []
  for (let at = 0; at < cells.length; at += size) {
    groups.push(cells.slice(at, at + size).reduce((worst, cell) => (badness(cell) > badness(worst) ? cell : worst)))
  }
  return groups
}

const fromGoodToBad = ['out', 'ready', 'starting', 'stopping', 'missing', 'failing'] as const

/** Old is worse than new, and better than whatever does not serve. */
function badness({ state, old }: BoardCell): number {
  return fromGoodToBad.indexOf(state) + (old ? 0.5 : 0)
}
