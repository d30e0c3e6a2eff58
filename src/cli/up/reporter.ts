// What a person sees while a cluster runs: on a terminal one table that stays in its place, elsewhere plain lines, one
// for each thing that happened.
import type { Board } from '../live/board.ts'
import { openScreen, type Terminal } from '../live/screen.ts'
import { drawBoard, type Paint, rowsOf } from '../live/view.ts'
import { aroundTable, type Step, stepLine } from './around-table.ts'
import type { NextSteps } from './next-steps.ts'

export interface Reporter {
  /** Something was done: `kubeconfig   /home/ann/.kube/config, context everynode`. */
  step(what: string, detail: string): void
  board(board: Board): void
  /** Something is wrong that will not mend itself. The latest is shown for as long as it goes on. */
  trouble(text: string): void
  /** What to type next, below the table. */
  next(steps: NextSteps): void
  /** From here on plain lines again. */
  close(): void
}

export function plainReporter(write: (line: string) => void): Reporter {
  const said = new Map<string, string>()
  const step = (what: string, detail: string) => write(stepLine({ what, detail }))
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
        if (key === 'nodes' || key === 'trouble' || board.columns.some((column) => column.key === key)) continue
        said.delete(key)
        step(key, 'is deleted')
      }
    },
    trouble: (text) => sayOnce('trouble', text),
    next({ commands, notes, end }) {
      for (const line of [...commands, ...notes, end]) write(line)
    },
    close() {},
  }
}

export function liveReporter(terminal: Terminal, title: string, paint: Paint): Reporter {
  const parts: { steps: Step[]; trouble?: string; next?: NextSteps } = { steps: [] }
  let board: Board | undefined
  // Who finishes late must not paint over what the shell prints next.
  let closed = false
  const draw = () => {
    if (closed) return
    const { columns, rows } = screen.size
    const frame = { columns, rows: rows - 1 }
    const { above, below } = aroundTable({ title, ...parts }, board === undefined ? 0 : rowsOf(board), frame, paint)
    const room = frame.rows - above.length - below.length
    const table = board === undefined ? [] : drawBoard(board, { columns, rows: room }, paint)
    screen.draw([...above, ...table, ...below])
  }
  const screen = openScreen(terminal, draw)
  return {
    step(what, detail) {
      parts.steps.push({ what, detail })
      draw()
    },
    trouble(text) {
      parts.trouble = text
      // Where it comes from, others may have written on the screen as well.
      screen.forget()
      draw()
    },
    board(latest) {
      board = latest
      draw()
    },
    next(steps) {
      parts.next = steps
      draw()
    },
    close() {
      closed = true
      screen.close()
    },
  }
}
