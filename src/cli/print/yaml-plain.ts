// Which texts YAML 1.1 would read as something else when they stand without quotes.
// Upstream: go.yaml.in/yaml/v2, resolve.go; the words are matched as they are, in these three spellings only.

/** True when the text, unquoted, is still a text. */
export function isPlainText(text: string): boolean {
  return !words.has(text) && !isNumber(text) && !isTime(text) && !base60.test(text)
}

const words = new Set(
  ['y', 'yes', 'true', 'on', 'n', 'no', 'false', 'off', 'null', '.nan', '.inf', '+.inf', '-.inf']
    .flatMap((word) => [word, word.toUpperCase(), word.replace(/[a-z]/, (letter) => letter.toUpperCase())])
    .concat(['', '~', '.NaN']),
)

function isNumber(text: string): boolean {
  if (text.startsWith('.')) return /^\.\d+(e[-+]?\d+)?$/i.test(text)
  if (!/^[-+\d]/.test(text)) return false
  const digits = text.replaceAll('_', '')
  return (decimal.test(digits) && Number.isFinite(Number(digits))) || /^[-+]?0(x[\da-f]+|b[01]+|o[0-7]+)$/i.test(digits)
}

const decimal = /^[-+]?(\.\d+|\d+(\.\d*)?)(e[-+]?\d+)?$/i

/** Minutes and seconds, `1:30`: YAML 1.1 counted in sixties. */
const base60 = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/

function isTime(text: string): boolean {
  const found =
    /^\d{4}-(\d\d?)-(\d\d?)(?:(?:[Tt]\d\d?:\d\d?:\d\d?(?:\.\d+)?(?:Z|[-+]\d\d:\d\d))| \d\d?:\d\d?:\d\d?(?:\.\d+)?)?$/.exec(
      text,
    )
  if (found === null) return false
  const [, month, day] = found.map(Number)
  return month! >= 1 && month! <= 12 && day! >= 1 && day! <= 31
}
