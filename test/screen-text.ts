// Comparing what a program printed with what it should print, where some of it is different each time: `<age>` stands
// for an age, `<hash>` for a revision's hash, `<any>` for some text; a line `...` for any number of lines. Runs of
// blanks count as one.
const placeholders: Readonly<Record<string, string>> = {
  age: '(?:\\d+[smhdy]){1,2}|<unknown>|<invalid>',
  hash: '[a-z0-9]{1,10}',
  suffix: '[bcdfghjklmnpqrstvwxz2456789]{5}',
  ip: '\\d+\\.\\d+\\.\\d+\\.\\d+',
  number: '\\d+',
  time: '[A-Z][a-z]{2}, \\d+ [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d [+-]\\d{4}|\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ',
  any: '.*?',
}

/** Undefined where it fits, else what was expected and what was seen. */
export function differenceTo(expected: string, seen: string): string | undefined {
  const lines = trimmed(expected).split('\n')
  const pattern = lines.map((line) => (line.trim() === '...' ? '(?:.*\\n)*?' : `${linePattern(line)}\\n`)).join('')
  const actual = `${trimmed(seen)
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .join('\n')}\n`
  return new RegExp(`^${pattern}$`).test(actual)
    ? undefined
    : `expected:\n${trimmed(expected)}\nseen:\n${trimmed(seen)}`
}

function linePattern(line: string): string {
  return line
    .trim()
    .replace(/\s+/g, ' ')
    .split(/(<[a-z]+>)/)
    .map((part) => {
      const known = /^<([a-z]+)>$/.exec(part)?.[1]
      const pattern = known === undefined ? undefined : placeholders[known]
      return pattern === undefined ? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : `(?:${pattern})`
    })
    .join('')
}

/** Without empty lines around it. */
function trimmed(text: string): string {
  return text.replace(/^(?:[ \t]*\n)+/, '').replace(/\s+$/, '')
}
