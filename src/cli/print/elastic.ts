// Text in columns: cells end with a tab, and a column is as wide as its widest cell among the lines that follow each
// other. All of kubectl's tables and descriptions are set this way. Upstream: Go's text/tabwriter.

export interface Spacing {
  readonly minWidth: number
  readonly padding: number
}

/** `kubectl get` (printers.GetNewTabWriter). */
export const tableSpacing: Spacing = { minWidth: 6, padding: 3 }
/** `kubectl describe` and `rollout history`. */
export const describeSpacing: Spacing = { minWidth: 0, padding: 2 }

/** Lines with their columns set. What follows a line's last tab is in no column, and is not padded. */
export function elastic(lines: readonly string[], spacing: Spacing): string[] {
  const cells = lines.map((line) => line.split('\t'))
  const out: string[] = []
  format(cells, 0, cells.length, [], spacing, out)
  return out
}

/** Sets lines `from`..`to`, whose columns left of this one have `widths`. */
function format(
  cells: readonly string[][],
  from: number,
  to: number,
  widths: readonly number[],
  spacing: Spacing,
  out: string[],
): void {
  const column = widths.length
  const hasColumn = (line: number) => column < cells[line]!.length - 1
  let unwritten = from
  for (let line = from; line < to; line++) {
    if (!hasColumn(line)) continue
    writeLines(cells.slice(unwritten, line), widths, out)
    unwritten = line
    let width = spacing.minWidth
    for (; line < to && hasColumn(line); line++) {
      width = Math.max(width, textWidth(cells[line]![column]!) + spacing.padding)
    }
    format(cells, unwritten, line, [...widths, width], spacing, out)
    unwritten = line
  }
  writeLines(cells.slice(unwritten, to), widths, out)
}

function writeLines(lines: readonly string[][], widths: readonly number[], out: string[]): void {
  for (const line of lines) out.push(line.map((text, column) => pad(text, widths[column])).join(''))
}

/** As Go counts: code points, whatever the terminal makes of them. */
export function textWidth(text: string): number {
  let width = 0
  for (const _ of text) width++
  return width
}

function pad(text: string, width = 0): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)))
}
