// Points in time as they travel: RFC 3339 texts, and the milliseconds our own code counts in.
// Upstream: apimachinery/pkg/apis/meta/v1/time.go and micro_time.go.

/** Whole seconds, UTC: metadata, conditions. */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** Six decimals, UTC: leases and the new events. Our clocks count milliseconds, so the last three are zeros. */
export function formatMicroTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/

/** Milliseconds since 1970, or undefined for nothing and for what is no RFC 3339 time. */
export function parseTime(text: string | null | undefined): number | undefined {
  if (text === undefined || text === null) return undefined
  if (text === last.text) return last.ms
  const ms = plainTime(text) ?? anyTime(text)
  last = { text, ms }
  return ms
}

/** The time that was read last: who decides about a pod asks several times in a row since when it is ready. */
let last: { readonly text: string; readonly ms: number | undefined } = { text: '', ms: undefined }

function anyTime(text: string): number | undefined {
  const parts = rfc3339.exec(text)
  if (parts === null) return undefined
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const [, , , , , , , fraction = '', sign, offsetHours = '0', offsetMinutes = '0'] = parts
  if (hour > 23 || minute > 59 || second > 59 || Number(offsetHours) > 23 || Number(offsetMinutes) > 59) {
    return undefined
  }
  const local = new Date(0)
  local.setUTCFullYear(year, month - 1, day)
  local.setUTCHours(hour, minute, second, Number(fraction.slice(0, 3).padEnd(3, '0')))
  // A day the month does not have rolls over, and Go refuses it.
  if (local.getUTCMonth() !== month - 1 || local.getUTCDate() !== day) return undefined
  const offsetMs = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60_000
  return local.getTime() - (sign === '-' ? -offsetMs : offsetMs)
}

const wholeSeconds = /^[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

/** `2026-01-01T00:00:00Z`, as nearly all times of nearly all objects look, in a tenth of the time; undefined: not so plain. */
function plainTime(text: string): number | undefined {
  if (text.length !== 20 || !wholeSeconds.test(text)) return undefined
  const [month, day] = [twoDigits(text, 5), twoDigits(text, 8)]
  const [hour, minute, second] = [twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)]
  if (month === 0 || month > 12 || day === 0 || day > 28 || hour > 23 || minute > 59 || second > 59) return undefined
  return Date.UTC(100 * twoDigits(text, 0) + twoDigits(text, 2), month - 1, day, hour, minute, second)
}

function twoDigits(text: string, at: number): number {
  return 10 * (text.charCodeAt(at) - 48) + text.charCodeAt(at + 1) - 48
}
