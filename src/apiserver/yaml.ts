// YAML in and out: what people write, read as JSON would be, within limits.

import { isMap, isScalar, parseDocument, stringify, visit } from 'yaml'
import { badRequestError } from '../api/status.ts'

export const yamlLimits = {
  /** Aliases that may be resolved: a few lines of YAML can otherwise grow to gigabytes. */
  aliases: 100,
} as const

export interface ParsedYaml {
  readonly value: unknown
  /** Keys that occur twice, as strict decoding says it; the last one counts. */
  readonly problems: readonly string[]
}

export function parseYaml(text: string, kind: string): ParsedYaml {
  // Upstream reads with sigs.k8s.io/yaml: YAML 1.1, where an unquoted `yes` is a boolean (X14).
  const document = parseDocument(text, { version: '1.1', uniqueKeys: false, prettyErrors: true })
  const error = document.errors[0]
  if (error !== undefined) throw unreadable(kind, error.message)
  const problems: string[] = []
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>()
      for (const { key } of map.items) {
        const name = isScalar(key) ? String(key.value) : String(key)
        if (seen.has(name)) problems.push(`key ${JSON.stringify(name)} already set in map`)
        seen.add(name)
      }
    },
  })
  if (document.contents !== null && !isMap(document.contents)) throw unreadable(kind, 'it is not an object')
  try {
    return { value: document.toJS({ maxAliasCount: yamlLimits.aliases }), problems }
  } catch (cause) {
    throw unreadable(kind, cause instanceof Error ? cause.message : String(cause))
  }
}

export function toYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, version: '1.1' })
}

function unreadable(kind: string, why: string) {
  return badRequestError(
    `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; yaml parse error: ${why}`,
  )
}
