// What a text contains that decides how YAML can write it. Upstream: go.yaml.in/yaml/v2, emitterc.go,
// yaml_emitter_analyze_scalar and yaml_emitter_write_double_quoted_scalar.

export interface Analyzed {
  /** May stand without quotes (what it would then be read as is another question: yaml-plain.ts). */
  readonly plain: boolean
  readonly single: boolean
  /** May be a literal block. */
  readonly block: boolean
}

export function analyzed(text: string): Analyzed {
  if (text === '') return { plain: true, single: true, block: false }
  const special = unprintable.test(text) || / \n/.test(text)
  const edges = /^[ \n]|[ \n]$/.test(text)
  const afterBreak = /\n /.test(text)
  return {
    plain: !special && !edges && !text.includes('\n') && !hasIndicator(text),
    single: !special && !afterBreak,
    block: !special && !text.endsWith(' '),
  }
}

/** All but what prints: a tab counts as unprintable here, and so does whatever lies beyond U+FFFF. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const unprintable = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ufeff\ufffe\uffff\u2028\u2029\ud800-\udfff]/

/** Characters that mean something where they stand, outside of `[]` and `{}`. */
function hasIndicator(text: string): boolean {
  return (
    /^(---|\.\.\.|[#,[\]{}&*!|>'"%@`]|[?:-]([ \t]|$))/.test(text) || /.:([ \t]|$)/.test(text) || /[ \t]#/.test(text)
  )
}

const named: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\u0007': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\u001b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\u0085': '\\N',
  '\u00a0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
}

/** One character inside double quotes. */
export function escaped(character: string): string {
  const mustEscape = character === '"' || character === '\\' || character === '\n' || unprintable.test(character)
  if (!mustEscape) return character
  const code = character.codePointAt(0) ?? 0
  const hex = (digits: number) => code.toString(16).toUpperCase().padStart(digits, '0')
  return named[character] ?? (code <= 0xff ? `\\x${hex(2)}` : code <= 0xffff ? `\\u${hex(4)}` : `\\U${hex(8)}`)
}
