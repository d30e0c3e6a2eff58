// `-o jsonpath=…`, `-o jsonpath-as-json=…` and `-o custom-columns=…`: formats that come with a text of their own.
// Upstream: kubectl/pkg/cmd/get/customcolumn.go, and cli-runtime/pkg/printers/jsonpath.go.

import { isObject } from '../../base/json.ts'
import { CommandError } from '../command-error.ts'
import { elastic, tableSpacing } from './elastic.ts'
import { JsonPathError, type Part, parseField, parseTemplate } from './json-path.ts'
import { foundBy, printTemplate } from './json-path-values.ts'
import { jsonText } from './json-text.ts'

export type Template =
  | { readonly is: 'jsonpath'; readonly asJson: boolean; readonly text: string; readonly parts: readonly Part[] }
  | { readonly is: 'custom-columns'; readonly columns: readonly Column[] }

interface Column {
  readonly header: string
  readonly path: readonly Part[]
}

/** Undefined where the format is none of these. */
export function templateOf(output: string): Template | undefined {
  const [, name = '', text = ''] = /^([a-z-]+)(?:=(.*))?$/s.exec(output) ?? []
  switch (name) {
    case 'jsonpath':
    case 'jsonpath-as-json': {
      if (text === '') throw new CommandError('template format specified but no template given')
      const parts = parsed(() => parseTemplate(text), `error: error parsing jsonpath ${text}, `)
      return { is: 'jsonpath', asJson: name === 'jsonpath-as-json', text, parts }
    }
    case 'custom-columns':
      if (text === '') throw new CommandError('custom-columns format specified but no custom columns given')
      return { is: 'custom-columns', columns: text.split(',').map(columnOf) }
    default:
      return undefined
  }
}

/** What is printed for an object, or for a List of them. */
export function textBy(template: Template, value: unknown, headers: boolean): string {
  if (template.is === 'custom-columns') return tableOf(template.columns, value, headers)
  const { asJson, text, parts } = template
  return parsed(
    () => (asJson ? jsonText(foundBy(parts, value).flat()) : printTemplate(parts, value)),
    `error: error executing jsonpath ${JSON.stringify(text)}: Error executing template: `,
  )
}

function columnOf(spec: string): Column {
  const at = spec.indexOf(':')
  if (at < 0) {
    throw new CommandError(`unexpected custom-columns spec: ${spec}, expected <header>:<json-path-expr>`)
  }
  return { header: spec.slice(0, at), path: parsed(() => parseField(spec.slice(at + 1)), '') }
}

function tableOf(columns: readonly Column[], value: unknown, headers: boolean): string {
  const objects = isObject(value) && value.kind === 'List' && Array.isArray(value.items) ? value.items : [value]
  const rows = objects.map((object: unknown) =>
    columns.map(({ path }) => {
      const values = parsed(() => foundBy(path, object).flat(), '')
      return values.length === 0 ? '<none>' : values.map(goText).join(',')
    }),
  )
  const all = headers ? [columns.map(({ header }) => header), ...rows] : rows
  const lines = elastic(
    all.map((cells) => cells.join('\t')),
    tableSpacing,
  )
  return lines.map((line) => `${line}\n`).join('')
}

/** As Go's `%v`. */
function goText(value: unknown): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (!isObject(value)) return String(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `map[${entries.map(([key, one]) => `${key}:${goText(one)}`).join(' ')}]`
}

function parsed<T>(act: () => T, before: string): T {
  try {
    return act()
  } catch (error) {
    if (error instanceof JsonPathError) throw new CommandError(`${before}${error.message}`)
    throw error
  }
}
