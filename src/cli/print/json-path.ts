// Templates of `-o jsonpath`: the dialect of kubectl, which no JSONPath library speaks: text around `{…}`, `range` and
// `end`, paths without `$`, words in quotes. Parsed here; what they give is json-path-values.ts.
// Upstream: client-go/util/jsonpath/parser.go.

export type Node =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'field'; readonly name: string }
  | { readonly is: 'wildcard' }
  | { readonly is: 'recursive' }
  | { readonly is: 'slice'; readonly from: number | undefined; readonly to: number | undefined; readonly step: number }
  | { readonly is: 'union'; readonly of: readonly Path[] }
  | { readonly is: 'filter'; readonly left: Path; readonly operator: string; readonly right: Path }
  | { readonly is: 'value'; readonly value: number | boolean }

/** One `{…}`: each node goes on from what the one before has found. */
export type Path = readonly Node[]

export type Part =
  | { readonly is: 'path'; readonly path: Path }
  | { readonly is: 'range'; readonly over: Path; readonly parts: readonly Part[] }

/** Its message is what kubectl says after `error: error parsing jsonpath …, `. */
export class JsonPathError extends Error {
  override name = 'JsonPathError'
}

/** Throws JsonPathError. */
export function parseTemplate(template: string): readonly Part[] {
  const open: { over: Path; parts: Part[] }[] = [{ over: [], parts: [] }]
  for (const { text, action } of pieces(template)) {
    const parts = open.at(-1)!.parts
    if (text !== '') parts.push({ is: 'path', path: [{ is: 'text', text }] })
    if (action === undefined) continue
    const word = /^\s*(range|end)(?![\w-])/.exec(action)?.[1]
    if (word === 'range') {
      open.push({ over: parsePath(action.replace(/^\s*range/, '')), parts: [] })
    } else if (word === 'end') {
      const { over, parts: within } = open.pop()!
      if (open.length === 0) throw new JsonPathError('not in range, nothing to end')
      open.at(-1)!.parts.push({ is: 'range', over, parts: within })
    } else {
      parts.push({ is: 'path', path: parsePath(action) })
    }
  }
  // What was opened and not ended ends with the template.
  for (; open.length > 1; ) {
    const { over, parts } = open.pop()!
    open.at(-1)!.parts.push({ is: 'range', over, parts })
  }
  return open[0]!.parts
}

/** `{.metadata.name}` of what `--sort-by` and custom columns are given, with or without braces and the first dot. */
export function parseField(text: string): readonly Part[] {
  const match = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(text)
  if (match === null) {
    throw new JsonPathError(
      `unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'`,
    )
  }
  return parseTemplate(`{.${match[1] ?? match[2]}}`)
}

/** Each text with the action after it. Braces within quotes are no braces. */
function* pieces(template: string): Generator<{ text: string; action: string | undefined }, void, void> {
  let at = 0
  while (at < template.length) {
    const begin = template.indexOf('{', at)
    if (begin < 0) return yield { text: template.slice(at), action: undefined }
    const action = /(?:"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|[^}"'\n])*/y
    action.lastIndex = begin + 1
    const inside = action.exec(template)![0]
    const end = begin + 1 + inside.length
    if (template[end] !== '}') throw new JsonPathError('unclosed action')
    yield { text: template.slice(at, begin), action: inside }
    at = end + 1
  }
}

function parsePath(action: string): Path {
  const nodes: Node[] = []
  for (let at = 0; at < action.length; ) {
    const [kind, pattern] = tokens.find(([, one]) => {
      one.lastIndex = at
      return one.test(action)
    })!
    pattern.lastIndex = at
    const match = pattern.exec(action)!
    at += match[0].length
    const text = match[1] ?? ''
    switch (kind) {
      case 'space':
        break
      case 'filter':
        nodes.push(filterOf(text))
        break
      case 'array':
        nodes.push(...arrayOf(text))
        break
      case 'quote':
        nodes.push({ is: 'text', text: unquoted(match[0]) })
        break
      case 'recursive':
        nodes.push({ is: 'recursive' }, ...(text === '' ? [] : [fieldOf(text)]))
        break
      case 'field':
        nodes.push(fieldOf(text))
        break
      case 'number':
        nodes.push({ is: 'value', value: Number(match[0]) })
        break
      case 'word':
        if (match[0] !== 'true' && match[0] !== 'false') throw new JsonPathError(`unrecognized identifier ${match[0]}`)
        nodes.push({ is: 'value', value: match[0] === 'true' })
        break
      case 'unknown':
        if (match[0] === '[') throw new JsonPathError('unterminated array')
        if (/["']/.test(match[0])) throw new JsonPathError('unterminated quoted string')
        throw new JsonPathError(`unrecognized character in action: ${codePoint(match[0])} '${match[0]}'`)
      default:
        kind satisfies never
    }
  }
  return nodes
}

/** In this order; something fits at every place. `@` and `$` are where one stands already. */
const tokens = [
  ['space', /[ @$]/y],
  ['filter', /\[\?\(((?:"[^"]*"|'[^']*'|[^"'])*?)\)\]/y],
  ['array', /\[([^\]\n]*)\]/y],
  ['quote', /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'/y],
  ['recursive', /\.\.((?:\\[\s\S]|[^\s.,[\]$@{}])*)/y],
  ['field', /\.((?:\\[\s\S]|[^\s.,[\]$@{}])*)/y],
  ['number', /[+-]?\d+(?:\.\d+)?/y],
  ['word', /\w+/y],
  ['unknown', /[\s\S]/y],
] as const satisfies readonly (readonly [string, RegExp])[]

function fieldOf(text: string): Node {
  return text === '*' ? { is: 'wildcard' } : { is: 'field', name: text.replaceAll('\\', '') }
}

function arrayOf(text: string): Path {
  const several = text.split(',')
  if (several.length > 1) return [{ is: 'union', of: several.map((one) => arrayOf(one.trim())) }]
  const key = /^'([^']*)'$/.exec(text)
  if (key !== null) return parsePath(`.${key[1]}`)
  const slice = /^(-?\d*)(?::(-?\d*))?(?::(-?\d*))?$/.exec(text === '*' ? ':' : text)
  if (slice === null) throw new JsonPathError(`invalid array index ${text}`)
  const [, from, to, step] = slice
  const number = (digits: string | undefined) => (digits === undefined || digits === '' ? undefined : Number(digits))
  const first = number(from)
  // One index is the slice that begins there and has one element; the last one ends where the array does.
  const last = to === undefined ? (first === undefined || first === -1 ? undefined : first + 1) : number(to)
  return [{ is: 'slice', from: first, to: last, step: number(step) ?? 1 }]
}

function filterOf(text: string): Node {
  const [, left, operator = 'exists', right = ''] = /^([^!<>=]+)([!<>=]+)(.+?)$/s.exec(text) ?? ['', text]
  return { is: 'filter', left: parsePath(left!), operator, right: parsePath(right) }
}

/** As Go reads a string: `\n`, `\t`, `\"`, and itself for whatever else. */
function unquoted(quoted: string): string {
  const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }
  return quoted.slice(1, -1).replace(/\\([\s\S])/g, (_, character: string) => escapes[character] ?? character)
}

function codePoint(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
}
