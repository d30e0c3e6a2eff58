// The server's tables as kubectl prints them: header in capitals, wide columns only when asked for, one row a line.
// Upstream: cli-runtime/pkg/printers/tableprinter.go.

import type { ApiObject } from '../../api/types.ts'
import { isObject } from '../../base/json.ts'
import { elastic, tableSpacing, textWidth } from './elastic.ts'

/** A meta.k8s.io/v1 Table, as far as printing needs it (W8.6). */
export interface Table {
  readonly columnDefinitions: readonly { readonly name: string; readonly format?: string; readonly priority?: number }[]
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object?: ApiObject }[]
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string }
}

export interface TableStyle {
  readonly wide: boolean
  /** A column of namespaces before all others. */
  readonly namespaces: boolean
  /** A column for each of these labels, after the server's own. */
  readonly labelColumns: readonly string[]
  /** A column of labels after all others. */
  readonly labels: boolean
  readonly headers: boolean
  /** `daemonset.apps/`, where several kinds are printed. */
  readonly namePrefix: string
}

export function isTable(value: unknown): value is Table {
  return isObject(value) && value.kind === 'Table' && Array.isArray(value.rows)
}

/** The lines of a table; none where there is no row. */
export function tableLines(table: Table, style: TableStyle): string[] {
  if (table.rows.length === 0) return []
  const rows = rowsOf(table, style)
  return elastic(style.headers ? [headerOf(table, style), ...rows] : rows, tableSpacing)
}

/** Lines as they come (`-w`): a column never gets narrower again. Upstream: tabwriter.RememberWidths. */
export class GrowingTable {
  readonly #style: TableStyle
  #columns: Table['columnDefinitions'] = []
  #widths: number[] = []
  #headerWritten = false

  constructor(style: TableStyle) {
    this.#style = style
  }

  /** Only the first table of a watch says what its columns are (W7.8). */
  lines(table: Table): string[] {
    if (table.columnDefinitions !== null && table.columnDefinitions.length > 0) this.#columns = table.columnDefinitions
    const whole = { ...table, columnDefinitions: this.#columns }
    const lines = rowsOf(whole, this.#style)
    if (!this.#headerWritten && this.#style.headers && lines.length > 0) {
      this.#headerWritten = true
      lines.unshift(headerOf(whole, this.#style))
    }
    const cells = lines.map((line) => line.split('\t'))
    for (const line of cells) {
      for (const [at, text] of line.slice(0, -1).entries()) {
        const width = Math.max(tableSpacing.minWidth, textWidth(text) + tableSpacing.padding)
        this.#widths[at] = Math.max(this.#widths[at] ?? 0, width)
      }
    }
    return cells.map((line) =>
      line.map((text, at) => (at === line.length - 1 ? text : text.padEnd(this.#widths[at] ?? 0))).join(''),
    )
  }
}

function headerOf(table: Table, style: TableStyle): string {
  const names = table.columnDefinitions.filter((column) => isShown(column, style)).map(({ name }) => name.toUpperCase())
  // Of a label only what stands after its slash. Upstream: formatLabelHeaders.
  const labels = style.labelColumns.map((label) => (label.split('/').at(-1) ?? '').toUpperCase())
  return [...(style.namespaces ? ['NAMESPACE'] : []), ...names, ...labels, ...(style.labels ? ['LABELS'] : [])].join(
    '\t',
  )
}

function rowsOf(table: Table, style: TableStyle): string[] {
  const nameColumn = table.columnDefinitions.findIndex(({ format }) => format === 'name')
  return table.rows.map(({ cells, object }) => {
    const shown: string[] = style.namespaces ? [object?.metadata.namespace ?? '<none>'] : []
    for (const [at, column] of table.columnDefinitions.entries()) {
      if (!isShown(column, style)) continue
      shown.push(at === nameColumn ? style.namePrefix + cellText(cells[at]) : cellText(cells[at]))
    }
    for (const label of style.labelColumns) shown.push(cellText(object?.metadata.labels?.[label]))
    if (style.labels) shown.push(labelsText(object?.metadata.labels))
    return shown.join('\t')
  })
}

function isShown({ priority = 0 }: Table['columnDefinitions'][number], { wide }: TableStyle): boolean {
  return wide || priority === 0
}

/** One line, and nothing in it that a terminal would obey. */
function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return ''
  const text = String(cell)
  const end = text.search(/[\f\n\r]/)
  return withoutEscapes(end < 0 ? text : `${text.slice(0, end)}...`).replaceAll('\t', ' ')
}

/** Upstream: cli-runtime/pkg/printers/terminal.go. */
export function withoutEscapes(text: string): string {
  return text.replaceAll('\u001b', '^[').replaceAll('\r', '\\r')
}

export function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`)
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',')
}
