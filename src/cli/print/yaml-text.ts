// JSON data as YAML, character for character as Kubernetes' own tools write it, so that files made by either compare.
// Upstream: go.yaml.in/yaml/v2, encode.go and emitterc.go, as used by sigs.k8s.io/yaml.

import { isObject } from '../../base/json.ts'
import { compareKeys } from './yaml-keys.ts'
import { isPlainText } from './yaml-plain.ts'
import { analyzed, escaped } from './yaml-scalar.ts'

/** From here on a line breaks at the next space that stands alone. */
const bestWidth = 80

/** The keys of a mapping stand in natural order: `node-9` before `node-10`. */
export function yamlText(value: unknown): string {
  if (isBlock(value)) return blockLines(value, 0).join('\n').concat('\n')
  return `${inline(value, 0, 0)}\n`
}

function isBlock(value: unknown): value is readonly unknown[] | Record<string, unknown> {
  return Array.isArray(value) ? value.length > 0 : isObject(value) && Object.keys(value).length > 0
}

function blockLines(value: readonly unknown[] | Record<string, unknown>, indent: number): string[] {
  return Array.isArray(value)
    ? value.flatMap((item) => itemLines(item, indent))
    : Object.entries(value)
        .sort(([a], [b]) => compareKeys(a, b))
        .flatMap(([key, item]) => (item === undefined ? [] : pairLines(key, item, indent)))
}

function pairLines(key: string, value: unknown, indent: number): string[] {
  const start = `${' '.repeat(indent)}${keyText(key)}:`
  // A list in a mapping is not indented further: its dashes are indentation enough.
  if (Array.isArray(value) && value.length > 0) return [start, ...blockLines(value, indent)]
  if (isBlock(value)) return [start, ...blockLines(value, indent + 2)]
  return `${start} ${inline(value, indent, start.length + 1)}`.split('\n')
}

function itemLines(item: unknown, indent: number): string[] {
  const dash = `${' '.repeat(indent)}- `
  if (!isBlock(item)) return `${dash}${inline(item, indent, dash.length)}`.split('\n')
  const [first = '', ...rest] = blockLines(item, indent + 2)
  return [`${dash}${first.slice(indent + 2)}`, ...rest]
}

/** A value on the line of its key; long texts go on in lines of their own. */
function inline(value: unknown, indent: number, column: number): string {
  if (typeof value === 'string') return textInline(value, indent + 2, column)
  if (Array.isArray(value)) return '[]'
  if (isObject(value)) return '{}'
  return value === undefined ? 'null' : String(value)
}

function textInline(text: string, indent: number, column: number): string {
  const { plain, single, block } = analyzed(text)
  if (text.includes('\n') && block) return literal(text, indent)
  if (isPlainText(text) && !text.includes('\n')) {
    if (plain) return folded(text, indent, column, (character) => character)
    if (single) return quoted("'", text, indent, column, (character) => (character === "'" ? "''" : character))
  }
  return quoted('"', text, indent, column, escaped)
}

function keyText(key: string): string {
  const { plain, single } = analyzed(key)
  const noBreaks = Number.NEGATIVE_INFINITY
  if (key !== '' && isPlainText(key) && plain) return key
  if (isPlainText(key) && single && !key.includes('\n')) return `'${key.replaceAll("'", "''")}'`
  return quoted('"', key, 0, noBreaks, escaped)
}

function quoted(
  mark: string,
  text: string,
  indent: number,
  column: number,
  write: (character: string) => string,
): string {
  return `${mark}${folded(text, indent, column + 1, write, mark)}${mark}`
}

/** The text, with a line break in place of the first lone space after `bestWidth`, again and again. */
function folded(text: string, indent: number, column: number, write: (character: string) => string, mark = ''): string {
  const characters = [...text]
  let at = column
  let afterSpace = false
  let out = ''
  for (const [index, character] of characters.entries()) {
    const inside = mark === '' || (index > 0 && index < characters.length - 1)
    const next = characters[index + 1]
    const breaks = character === ' ' && !afterSpace && at > bestWidth && inside && (mark === '"' || next !== ' ')
    if (breaks) {
      // Inside double quotes a space that starts a line must be marked, or reading would drop it.
      out += `\n${' '.repeat(indent)}${mark === '"' && next === ' ' ? '\\' : ''}`
      at = indent
    } else {
      const written = write(character)
      out += written
      at += [...written].length
    }
    afterSpace = character === ' '
  }
  return out
}

/** `|`, and how the end and a space at the beginning are to be read. */
function literal(text: string, indent: number): string {
  const start = /^[ \n]/.test(text) ? '2' : ''
  const end = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : ''
  const lines = text.replace(/\n$/, '').split('\n')
  return [`|${start}${end}`, ...lines.map((line) => (line === '' ? '' : `${' '.repeat(indent)}${line}`))].join('\n')
}
