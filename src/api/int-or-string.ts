// A count that is a number or a percentage of something. Upstream: apimachinery/pkg/util/intstr/intstr.go.

/** The count that `value` means of `total`. Throws where the text is no percentage. */
export function scaledValue(value: number | string, total: number, roundUp: boolean): number {
  const percent = percentOf(value)
  if (percent === undefined) {
    if (typeof value === 'number') return value
    throw new Error('invalid value for IntOrString: invalid type: string is not a percentage')
  }
  const exact = (percent * total) / 100
  return roundUp ? Math.ceil(exact) : Math.floor(exact)
}

/** The N of `N%`, undefined for anything else. */
export function percentOf(value: number | string): number | undefined {
  if (typeof value === 'number') return undefined
  const digits = /^([+-]?\d+)%$/.exec(value)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
