// The order of a mapping's keys in YAML: letters by their code, numbers by their value, other signs before letters.
// Upstream: go.yaml.in/yaml/v2, sorter.go.

export function compareKeys(a: string, b: string): number {
  const [left, right] = [[...a], [...b]]
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const [one, other] = [left[at]!, right[at]!]
    if (one === other) continue
    const [oneIsLetter, otherIsLetter] = [isLetter(one), isLetter(other)]
    if (oneIsLetter !== otherIsLetter) return oneIsLetter ? 1 : -1
    if (!oneIsLetter) {
      // `10` and `9`: the digits before this place are equal, and count where one of these is a zero.
      const before = (one === '0' || other === '0') && endsInNumber(left, at) ? '1' : ''
      const [digits, otherDigits] = [digitsFrom(left, at), digitsFrom(right, at)]
      const difference = Number(before + digits || 0) - Number(before + otherDigits || 0)
      if (difference !== 0) return difference
      if (digits.length !== otherDigits.length) return digits.length - otherDigits.length
    }
    return (one.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0)
  }
  return left.length - right.length
}

function isLetter(character: string): boolean {
  return /\p{L}/u.test(character)
}

function digitsFrom(characters: readonly string[], at: number): string {
  let digits = ''
  for (let i = at; i < characters.length && /\d/.test(characters[i]!); i++) digits += characters[i]
  return digits
}

/** A digit other than zero stands among the digits just before `at`. */
function endsInNumber(characters: readonly string[], at: number): boolean {
  for (let i = at - 1; i >= 0 && /\d/.test(characters[i]!); i--) if (characters[i] !== '0') return true
  return false
}
