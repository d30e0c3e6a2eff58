// YAML in and out: what people write, read as JSON would be, within limits.

import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  Lexer,
  Parser,
  stringify,
  visit,
} from 'yaml'
import { countMembers } from '../api/schema/strict-problems.ts'
import { badRequestError } from '../api/status.ts'
import { jsonExtent } from '../base/json-extent.ts'
import { jsonTags } from '../base/yaml-tags.ts'

export const yamlLimits = {
  /** Aliases that may be resolved: a few lines of YAML can otherwise grow to gigabytes. */
  aliases: 100,
  depth: 500,
  printedDepth: 100,
  /** Words and signs, some 10,000 lines: reading them takes long, and everybody waits. JSON has no such limit. */
  tokens: 50_000,
} as const

export interface ParsedYaml {
  readonly value: unknown
  /** Keys that occur twice, as strict decoding says it; the last one counts. */
  readonly problems: readonly string[]
}

export function parseYaml(text: string, kind: string): ParsedYaml {
  const json = parsedJson(text)
  if (json !== undefined) return { value: json, problems: [] }
  const document = composed(text, kind)
  const error = document.errors[0]
  if (error !== undefined) throw unreadable(kind, error.message)
  if (document.contents !== null && !isMap(document.contents)) throw unreadable(kind, 'it is not an object')
  const problems = keyProblems(document, kind)
  try {
    return { value: document.toJS({ maxAliasCount: yamlLimits.aliases }), problems }
  } catch (cause) {
    throw unreadable(kind, cause instanceof Error ? cause.message : String(cause))
  }
}

/** Keys that are there twice; throws for what is no key, and for what goes on for ever. */
function keyProblems(document: Document, kind: string): string[] {
  const problems: string[] = []
  visit(document, {
    Alias(_, { source }, path) {
      // Upstream's words (gopkg.in/yaml.v2, decode.go).
      if (path.some((node) => isCollection(node) && node.anchor === source)) {
        throw unreadable(kind, `anchor '${source}' value contains itself`)
      }
    },
    Map(_, map) {
      const seen = new Set<string>()
      for (const { key } of map.items) {
        const named = isAlias(key) ? key.resolve(document) : key
        // Upstream: sigs.k8s.io/yaml, convertToJSONableObject.
        if (!isScalar(named)) throw unreadable(kind, 'unsupported map key')
        const name = String(named.value)
        if (seen.has(name)) problems.push(`key ${JSON.stringify(name)} already set in map`)
        seen.add(name)
      }
    },
  })
  return problems
}

/** Upstream reads with sigs.k8s.io/yaml: YAML 1.1, where an unquoted `yes` is a boolean (X14). */
function composed(text: string, kind: string): Document {
  const composer = new Composer({ version: '1.1', uniqueKeys: false, customTags: jsonTags })
  for (const document of composer.compose(shallowTokens(text, kind), true, text.length)) return document
  throw unreadable(kind, 'it is empty')
}

/** Most bodies that may be YAML are JSON, which is YAML too, and read much faster. Undefined: read it as YAML. */
function parsedJson(text: string): unknown {
  if (!/^\s*\{/.test(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    // A member that is there twice is told (W9.1), which takes the slower way.
    return membersOf(value) === countMembers(text) ? value : undefined
  } catch {
    return undefined
  }
}

/** The members of all objects in a value, however deep it is. */
function membersOf(value: unknown): number {
  let count = 0
  const waiting = [value]
  for (let one = waiting.pop(); waiting.length > 0 || one !== undefined; one = waiting.pop()) {
    if (typeof one !== 'object' || one === null) continue
    const parts = Object.values(one)
    if (!Array.isArray(one)) count += parts.length
    for (const part of parts) if (typeof part === 'object') waiting.push(part)
  }
  return count
}

/**
 * What comes next works by recursion: at some depth it would end the process, and not with an exception. So depth is
 * counted here, where it is only a stack that grows.
 */
function* shallowTokens(text: string, kind: string): Generator<CST.Token> {
  const parser = new Parser()
  let count = 0
  for (const lexeme of new Lexer().lex(text)) {
    if (++count > yamlLimits.tokens) throw unreadable(kind, `it has more than ${yamlLimits.tokens} words and signs`)
    yield* parser.next(lexeme)
    if (parser.stack.length > yamlLimits.depth) throw unreadable(kind, 'exceeded max depth')
  }
  yield* parser.end()
}

export function toYaml(value: unknown): string {
  // JSON is YAML too; and printing works by recursion, like reading.
  if (jsonExtent(value).depth > yamlLimits.printedDepth) return `${JSON.stringify(value, undefined, 1)}\n`
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, version: '1.1' })
}

function unreadable(kind: string, why: string) {
  return badRequestError(
    `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; yaml parse error: ${why}`,
  )
}
