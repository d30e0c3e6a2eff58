// The lines above and below the live table: what happened so far, and what to type next. The table matters most: where
// the terminal is low, the others give way, one after the other.
import { cut, type Frame, type Paint } from '../live/cells.ts'
import type { NextSteps } from './next-steps.ts'

export interface Step {
  readonly what: string
  readonly detail: string
}

export interface Around {
  readonly title: string
  readonly steps: readonly Step[]
  readonly trouble?: string
  readonly next?: NextSteps
}

/** So many rows a table may ask for at most; a longer one becomes a picture. */
const mostTableRows = 10
const mostSteps = 5
const stepWidth = 12

/** `kubeconfig   /home/ann/.kube/config, context everynode`. */
export function stepLine({ what, detail }: Step): string {
  return `${what.padEnd(stepWidth)} ${detail}`.trimEnd()
}

/** `tableRows`: how many the table has where there is room for all of it. */
export function aroundTable(
  { title, steps, trouble, next }: Around,
  tableRows: number,
  { columns, rows }: Frame,
  paint: Paint,
): { above: string[]; below: string[] } {
  const kubeconfig = steps.filter(({ what }) => what === 'kubeconfig')
  const latest = steps.slice(-mostSteps)
  const { commands, notes, end } = next ?? { commands: [], notes: [], end: '' }
  const choices: [steps: readonly Step[], below: readonly string[]][] = [
    [latest, [...commands, ...notes, end]],
    [kubeconfig, [...commands, ...notes, end]],
    [kubeconfig, [...commands, end]],
    [kubeconfig, [end]],
  ]
  for (const [shownSteps, lines] of choices) {
    const above = [
      paint.bold(cut(title, columns)),
      ...shownSteps.map((step) => paint.dim(cut(stepLine(step), columns))),
      ...(trouble === undefined ? [] : wrapped(trouble, columns).map(paint.red)),
      '',
    ]
    const below = next === undefined ? [] : ['', ...lines.flatMap((line) => wrapped(line, columns))]
    if (above.length + below.length + Math.min(tableRows, mostTableRows) <= rows) return { above, below }
  }
  return { above: trouble === undefined ? [] : [paint.red(cut(trouble, columns))], below: [] }
}

/** Commands are there to be copied, so they are broken rather than cut; what is said of them may be cut. */
function wrapped(line: string, columns: number): string[] {
  const [command = ''] = line.split(/ +# /)
  if (command !== line && command.length <= columns) return [cut(line, columns)]
  const pieces: string[] = []
  for (let at = 0; at === 0 || at < line.length; at += columns) pieces.push(line.slice(at, at + columns))
  return pieces
}
