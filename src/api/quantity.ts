// Amounts of resources: `250m`, `1Gi`, `1e3`. Exact, without floating point.
// Upstream: apimachinery/pkg/api/resource/quantity.go and suffix.go.

/** An amount in thousandths (rounded up, as upstream's MilliValue does), or undefined where the text is no quantity. */
export function milliValue(text: string): bigint | undefined {
  const parsed = parse(text)
  return parsed === undefined ? undefined : divideUp(parsed.nano, 1_000_000n)
}

/** Why the text is no quantity, in upstream's words; undefined where it is one. */
export function quantityProblem(text: string): string | undefined {
  if (parse(text) !== undefined) return undefined
  return "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
}

/**
 * The one way to write an amount: no fraction, the largest suffix, in the family of suffixes it came in. Upstream
 * stores and answers quantities like this. What is no quantity stays as it is.
 */
export function canonical(text: string): string {
  const parsed = parse(text)
  if (parsed === undefined) return text
  const { nano, family } = parsed
  if (nano === 0n) return '0'
  // Small and fractional amounts lose nothing in decimal. Upstream: CanonicalizeBytes.
  const isBinary = family === 'binary' && nano % unit === 0n && abs(nano) >= 1024n * unit
  return isBinary ? binaryText(nano / unit) : decimalText(nano, family === 'exponent')
}

type Family = 'decimal' | 'binary' | 'exponent'

interface Parsed {
  /** Billionths: nothing smaller is kept. */
  readonly nano: bigint
  readonly family: Family
}

const unit = 1_000_000_000n
const form = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\d+|)$/
/** Powers of ten, by suffix. */
export const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
}
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const
/** Upstream caps at the largest int64, and refuses no amount for its size. */
const largest = (2n ** 63n - 1n) * unit
/** More zeros than this are beyond the cap, or below a billionth: they need not be counted out. */
const mostZeros = 400

function parse(text: string): Parsed | undefined {
  const parts = form.exec(text)
  if (parts === null) return undefined
  const [, sign, whole = '', fraction = parts[4] ?? '', , suffix = ''] = parts
  const [scale, family] = scaleOf(suffix)
  const digits = BigInt(`${whole}${fraction}`)
  const zeros = Math.max(-mostZeros, Math.min(mostZeros, scale.ten + 9 - fraction.length))
  const amount = digits * scale.times
  // Smaller than a billionth counts as one: upstream rounds away from zero.
  const exact = zeros >= 0 ? amount * 10n ** BigInt(zeros) : divideUp(amount, 10n ** BigInt(-zeros))
  const nano = exact > largest ? largest : exact
  return { nano: sign === '-' ? -nano : nano, family }
}

function scaleOf(suffix: string): [{ ten: number; times: bigint }, Family] {
  const binary = binarySuffixes.indexOf(suffix as 'Ki')
  if (binary > 0) return [{ ten: 0, times: 1024n ** BigInt(binary) }, 'binary']
  const ten = decimalExponents[suffix]
  if (ten !== undefined) return [{ ten, times: 1n }, 'decimal']
  return [{ ten: Number(suffix.slice(1)), times: 1n }, 'exponent']
}

function decimalText(nano: bigint, withExponent: boolean): string {
  let number = nano
  let step = 0
  while (step < decimalSuffixes.length - 1 && number % 1000n === 0n) {
    number /= 1000n
    step++
  }
  const exponent = step * 3 - 9
  if (withExponent) return exponent === 0 ? `${number}` : `${number}e${exponent}`
  return `${number}${decimalSuffixes[step]}`
}

function binaryText(value: bigint): string {
  let number = value
  let step = 0
  while (step < binarySuffixes.length - 1 && number % 1024n === 0n) {
    number /= 1024n
    step++
  }
  return `${number}${binarySuffixes[step]}`
}

const abs = (value: bigint) => (value < 0n ? -value : value)

/** Away from zero. */
function divideUp(value: bigint, by: bigint): bigint {
  const quotient = value / by
  const rest = value % by
  return rest === 0n ? quotient : quotient + (value < 0n ? -1n : 1n)
}
