// The text of a shell script in its parts, as far as the shell of a simulated container knows them: words with quotes
// and variables, `;`, `&&`, `||` and new lines. What it does not know it names, and runs nothing of the script.

export interface Step {
  /** Whether it runs, by how the step before ended. */
  readonly when: 'always' | 'after success' | 'after failure'
  readonly words: readonly Word[]
}

/** A word in pieces: text as it stands, or the value of a variable. */
export type Word = readonly ({ readonly text: string } | { readonly variable: string })[]

export const scriptLimits = {
  characters: 64 * 1024,
} as const

export type Script = { readonly steps: readonly Step[] } | { readonly problem: string }

export function parseScript(script: string): Script {
  if (script.length > scriptLimits.characters)
    return { problem: `a script above ${scriptLimits.characters} characters` }
  const steps: Step[] = []
  let words: Word[] = []
  let word: Word[number][] | undefined
  let when: Step['when'] = 'always'
  const endWord = () => {
    if (word !== undefined) words.push(word)
    word = undefined
  }
  const endStep = (next: Step['when']) => {
    endWord()
    if (words.length > 0) steps.push({ when, words })
    words = []
    when = next
  }
  const add = (piece: Word[number]) => {
    word ??= []
    word.push(piece)
  }
  for (let at = 0; at < script.length; ) {
    const found = tokens.find(([, pattern]) => {
      pattern.lastIndex = at
      return pattern.test(script)
    })
    const [name, pattern] = found!
    pattern.lastIndex = at
    const match = pattern.exec(script)!
    at += match[0].length
    switch (name) {
      case 'space':
        endWord()
        break
      case 'and':
        endStep('after success')
        break
      case 'or':
        endStep('after failure')
        break
      case 'next':
        endStep('always')
        break
      case 'single':
      case 'escaped':
        add({ text: match[1]! })
        break
      case 'double':
        for (const piece of piecesOf(match[1]!)) add(piece)
        break
      case 'variable':
        add({ variable: match[1] ?? match[2]! })
        break
      case 'text':
        add({ text: match[0] })
        break
      case 'comment':
        if (word !== undefined) add({ text: match[0] })
        break
      case 'unknown':
        return { problem: `"${match[0]}" is not known here` }
      default:
        name satisfies never
    }
  }
  endStep('always')
  return { steps }
}

/** In this order; something fits at every place. */
const tokens = [
  ['space', /[ \t\r]+|\\\n/y],
  ['and', /&&/y],
  ['or', /\|\|/y],
  ['next', /[;\n]/y],
  ['single', /'([^']*)'/y],
  ['double', /"((?:[^"\\]|\\[\s\S])*)"/y],
  ['escaped', /\\([\s\S])/y],
  ['variable', /\$(?:([A-Za-z_]\w*|\?)|\{([A-Za-z_]\w*)\})/y],
  ['comment', /#[^\n]*/y],
  ['text', /[^\s'"\\$|&;<>()`#]+/y],
  ['unknown', /[\s\S]/y],
] as const satisfies readonly (readonly [string, RegExp])[]

/** Between double quotes: variables, and `\` before what would be special. */
function* piecesOf(text: string): Generator<Word[number], void, void> {
  yield { text: '' }
  const piece = /\\(["\\$`])|\$(?:([A-Za-z_]\w*|\?)|\{([A-Za-z_]\w*)\})|[^\\$]+|[\s\S]/g
  for (const [whole, escaped, name, braced] of text.matchAll(piece)) {
    const variable = name ?? braced
    yield variable === undefined ? { text: escaped ?? whole } : { variable }
  }
}

export function expand(word: Word, variables: ReadonlyMap<string, string>): string {
  return word.map((piece) => ('text' in piece ? piece.text : (variables.get(piece.variable) ?? ''))).join('')
}
