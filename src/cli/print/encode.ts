// Objects as text, as kubectl prints them: keys in order, YAML quoted where YAML 1.1 would read something else.
// Upstream: cli-runtime/pkg/printers/{json,yaml}.go, sigs.k8s.io/yaml.

import { Document, isScalar, Scalar, visit } from 'yaml'
import { isObject } from '../../base/json.ts'

export function jsonText(value: unknown): string {
  return `${JSON.stringify(sortedKeys(value), undefined, 4)}\n`
}

export function yamlText(value: unknown): string {
  const document = new Document(sortedKeys(value), { version: '1.1', aliasDuplicateObjects: false })
  // Two lists under one key would else be told apart from one by nothing but their own text.
  visit(document, {
    Scalar(_key, node) {
      if (isScalar(node) && typeof node.value === 'string') node.type = styleOf(node.value)
    },
  })
  return document.toString({
    indentSeq: false,
    lineWidth: 80,
    minContentWidth: 20,
    singleQuote: true,
    directives: false,
  })
}

function styleOf(text: string): Scalar.Type {
  if (text.includes('\n')) return Scalar.BLOCK_LITERAL
  return isOtherType.test(text) ? Scalar.QUOTE_DOUBLE : Scalar.PLAIN
}

/** What YAML 1.1 reads as null, boolean, number, base 60 or time when it stands without quotes. */
const isOtherType =
  /^$|^(~|null|y|yes|n|no|on|off|true|false|\.nan|<<|=)$|^[-+]?(\d[\d_]*(\.[\d_]*)?|\.[\d_]+)(e[-+]?\d+)?$|^[-+]?0(b[01_]+|o?[0-7_]+|x[\da-f_]+)$|^[-+]?\.inf$|^[-+]?\d[\d_]*(:[0-5]?\d)+(\.[\d_]*)?$|^\d{4}-\d\d?-\d\d?([Tt ].*)?$/i

/** A copy with every mapping's keys in order, as Go prints its maps. */
export function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortedKeys(value[key])]),
  )
}
