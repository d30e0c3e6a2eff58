// Reads a label selector as it stands in a query: `app=agent,tier in (a,b),!old` (W8.4). The grammar, and the texts of
// its refusals, are upstream's: apimachinery/pkg/labels/selector.go, Lexer and Parser.

import { compareText } from '../base/sorted.ts'
import { type FieldError, fieldErrorText, invalid } from './field-error.ts'
import { int64, type LabelRequirement, type LabelRequirements } from './labels.ts'
import { labelValue, qualifiedName } from './names.ts'
import { badRequestError } from './status.ts'

/** Throws ApiError 400 where the text is no selector. The empty text means everything. */
export function parseLabelSelector(text: string): LabelRequirements {
  try {
    return new Parser(scan(text)).requirements()
  } catch (error) {
    if (error instanceof NoSelector) throw badRequestError(error.message)
    throw error
  }
}

class NoSelector extends Error {
  override name = 'NoSelector'
}

type TokenKind = 'end' | 'error' | 'identifier' | Symbol | Keyword
type Symbol = (typeof symbols)[number]
type Keyword = 'in' | 'notin'

interface Token {
  readonly kind: TokenKind
  readonly text: string
}

const symbols = [')', ',', '!', '==', '=', '>', '<', '!=', '('] as const
const isSymbol = (text: string): text is Symbol => (symbols as readonly string[]).includes(text)

function scan(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    if (/[ \t\r\n]/.test(text[at]!)) {
      at++
      continue
    }
    const token = /[=!(),><]/.test(text[at]!) ? scanSymbol(text, at) : scanWord(text, at)
    tokens.push(token)
    at += token.text.length
  }
  tokens.push({ kind: 'end', text: '' })
  return tokens
}

/** The longest that is one: `==` before `=`, `!=` before `!`. Each special character is a symbol by itself. */
function scanSymbol(text: string, at: number): Token {
  const two = text.slice(at, at + 2)
  const found = isSymbol(two) ? two : text[at]!
  return { kind: isSymbol(found) ? found : 'error', text: found }
}

function scanWord(text: string, at: number): Token {
  const word = /^[^=!(),>< \t\r\n]+/.exec(text.slice(at))![0]
  return { kind: word === 'in' || word === 'notin' ? word : 'identifier', text: word }
}

/** What a comparison with one value becomes. */
const operators = {
  '=': 'In',
  '==': 'In',
  '!=': 'NotIn',
  '>': 'Gt',
  '<': 'Lt',
  in: 'In',
  notin: 'NotIn',
} as const

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  requirements(): LabelRequirement[] {
    const found: LabelRequirement[] = []
    while (true) {
      const next = this.#peek()
      if (next.kind === 'end') break
      if (next.kind !== 'identifier' && next.kind !== '!') {
        throw new NoSelector(`found '${next.text}', expected: !, identifier, or 'end of string'`)
      }
      found.push(this.#requirement())
      const after = this.#take()
      if (after.kind === 'end') break
      if (after.kind !== ',') throw new NoSelector(`found '${after.text}', expected: ',' or 'end of string'`)
      const following = this.#peek()
      if (following.kind !== 'identifier' && following.kind !== '!') {
        throw new NoSelector(`found '${following.text}', expected: identifier after ','`)
      }
    }
    return found.sort((a, b) => compareText(a.key, b.key))
  }

  #requirement(): LabelRequirement {
    try {
      return this.#keyAndMore()
    } catch (error) {
      if (error instanceof NoSelector) throw new NoSelector(`unable to parse requirement: ${error.message}`)
      throw error
    }
  }

  #keyAndMore(): LabelRequirement {
    const negated = this.#peek().kind === '!'
    if (negated) this.#take()
    const { kind, text: key } = this.#take()
    if (kind !== 'identifier') throw new NoSelector(`found '${key}', expected: identifier`)
    // The path of a selector in a query is Go's nil path, and prints as one.
    refuse(qualifiedName(key).length === 0 ? [] : [invalid('<nil>', key, qualifiedName(key).join('; '))])
    if (negated) return { key, operator: 'DoesNotExist', values: [] }
    const next = this.#peek().kind
    if (next === 'end' || next === ',') return { key, operator: 'Exists', values: [] }
    const operator = this.#operator()
    const isSet = operator === 'in' || operator === 'notin'
    return sound({ key, operator: operators[operator], values: isSet ? this.#values() : [this.#value()] })
  }

  #operator(): keyof typeof operators {
    const { kind, text } = this.#takeAsWritten()
    if (kind in operators) return kind as keyof typeof operators
    throw new NoSelector(`found '${text}', expected: in, notin, =, ==, !=, gt, lt`)
  }

  /** The one value after `=`; nothing there means the empty value. */
  #value(): string {
    const next = this.#peek().kind
    if (next === 'end' || next === ',') return ''
    const { kind, text } = this.#take()
    if (kind === 'identifier') return text
    throw new NoSelector(`found '${text}', expected: identifier`)
  }

  /** `(a,b)`, where a missing value is the empty one: `(,a)`, `(a,)`. */
  #values(): readonly string[] {
    const open = this.#take()
    if (open.kind !== '(') throw new NoSelector(`found '${open.text}' expected: '('`)
    const first = this.#peek()
    if (first.kind === ')') {
      this.#take()
      return []
    }
    if (first.kind !== 'identifier' && first.kind !== ',') {
      throw new NoSelector(`found '${first.text}', expected: ',', ')' or identifier`)
    }
    const values = this.#list()
    if (this.#take().kind !== ')') throw new NoSelector(`found '${first.text}', expected: ')'`)
    return [...values].sort()
  }

  #list(): ReadonlySet<string> {
    const values = new Set<string>()
    while (true) {
      const { kind, text } = this.#take()
      if (kind === 'identifier') {
        values.add(text)
        const next = this.#peek()
        if (next.kind === ')') return values
        if (next.kind !== ',') throw new NoSelector(`found '${next.text}', expected: ',' or ')'`)
      } else if (kind === ',') {
        if (values.size === 0) values.add('')
        const next = this.#peek().kind
        if (next === ')' || next === ',') values.add('')
        if (next === ')') return values
        if (next === ',') this.#take()
      } else {
        throw new NoSelector(`found '${text}', expected: ',', or identifier`)
      }
    }
  }

  #peek(): Token {
    return asValue(this.#tokens[this.#at]!)
  }

  #take(): Token {
    return asValue(this.#takeAsWritten())
  }

  #takeAsWritten(): Token {
    const token = this.#tokens[this.#at]!
    if (token.kind !== 'end') this.#at++
    return token
  }
}

/** `in` and `notin` are words like any other, except where an operator stands. */
function asValue(token: Token): Token {
  return token.kind === 'in' || token.kind === 'notin' ? { kind: 'identifier', text: token.text } : token
}

/** Upstream: NewRequirement. */
function sound(requirement: LabelRequirement): LabelRequirement {
  const { key, operator, values = [] } = requirement
  const errors: FieldError[] = []
  if (values.length === 0) {
    errors.push(invalid('values', [], "for 'in', 'notin' operators, values set can't be empty"))
  }
  if (operator === 'Gt' || operator === 'Lt') {
    values.forEach((value, i) => {
      if (int64(value) === undefined) {
        errors.push(invalid(`values[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"))
      }
    })
  }
  values.forEach((value, i) => {
    const problems = labelValue(value)
    if (problems.length > 0) errors.push(invalid(`values[${i}][${key}]`, value, problems.join('; ')))
  })
  refuse(errors)
  return requirement
}

function refuse(errors: readonly FieldError[]): void {
  if (errors.length === 0) return
  const texts = errors.map(fieldErrorText)
  throw new NoSelector(texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`)
}
