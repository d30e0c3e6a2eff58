// What a person sees while a cluster runs: on a terminal one table that stays in its place, elsewhere plain lines, one
// for each thing that happened.
import type { Board } from '../live/board.ts'
import { openScreen, type Terminal } from '../live/screen.ts'
import { drawBoard, type Paint } from '../live/view.ts'

export interface Reporter {
  /** Something was done: `kubeconfig   /home/ann/.kube/config, context everynode`. */
  step(what: string, detail: string): void
  board(board: Board): void
  /** What to type next, below the table. */
  next(lines: readonly string[]): void
  /** From here on plain lines again. */
  close(): void
}

const stepWidth = 12

export function plainReporter(write: (line: string) => void): Reporter {
  const said = new Map<string, string>()
  const step = (what: string, detail: string) => write(`${what.padEnd(stepWidth)} ${detail}`.trimEnd())
  const sayOnce = (what: string, detail: string) => {
    if (said.get(what) === detail) return
    said.set(what, detail)
    step(what, detail)
  }
  return {
    step,
    board(board) {
      const ready = board.nodes.filter((node) => node.ready).length
      sayOnce('nodes', `${ready} of ${board.nodes.length} ready`)
      for (const column of board.columns) {
        if (!column.observed) continue
        const failing = column.cells.filter((cell) => cell.state === 'failing').length
        const trouble = failing === 0 ? '' : `, ${failing} failing`
        sayOnce(column.key, `runs on ${column.ready} of ${column.desired} nodes${trouble}`)
      }
      for (const key of said.keys()) {
        if (key === 'nodes' || board.columns.some((column) => column.key === key)) continue
        said.delete(key)
        step(key, 'is deleted')
      }
    },
    next(lines) {
      for (const line of lines) write(line)
    },
    close() {},
  }
}

export function liveReporter(terminal: Terminal, title: string, paint: Paint): Reporter {
  const steps: string[] = []
  let board: Board | undefined
  let next: readonly string[] = []
  const draw = () => {
    const { columns, rows } = screen.size
    const cut = (line: string) => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line)
    const above = [paint.bold(cut(title)), ...steps.map(cut).map(paint.dim), '']
    // The table matters most: where the terminal is low, what to type next gives way.
    const room = rows - 1 - above.length
    const lines = next.flatMap((line) => wrapped(line, columns))
    const below = room - lines.length - 1 >= leastBoardRows ? ['', ...lines] : []
    const table = board === undefined ? [] : drawBoard(board, { columns, rows: room - below.length }, paint)
    screen.draw([...above, ...table, ...below])
  }
  const screen = openScreen(terminal, draw)
  return {
    step(what, detail) {
      steps.push(`${what.padEnd(stepWidth)} ${detail}`)
      // Only the latest steps stay in sight: the table needs the room.
      if (steps.length > shownSteps) steps.splice(0, steps.length - shownSteps)
      draw()
    },
    board(latest) {
      board = latest
      draw()
    },
    next(lines) {
      next = lines
      draw()
    },
    close() {
      screen.close()
    },
  }
}

/** Commands are there to be copied, so they are broken rather than cut. */
function wrapped(line: string, columns: number): string[] {
  const pieces: string[] = []
  for (let at = 0; at === 0 || at < line.length; at += columns) pieces.push(line.slice(at, at + columns))
  return pieces
}

const leastBoardRows = 8
const shownSteps = 5
