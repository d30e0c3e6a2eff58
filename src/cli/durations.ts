// How long something goes on: durations as kubectl's flags have them (`30s`, `1m30s`; a bare number is seconds), and the
// signals that end it. Upstream: Go's time.ParseDuration.

import { InvalidArgumentError } from 'commander'

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds. */
export function parseDuration(text: string): number {
  if (/^\d+$/.test(text)) return Number(text) * 1000
  let ms = 0
  const rest = text.replace(/(\d+(?:\.\d+)?)(ms|s|m|h)/g, (_, count: string, unit: string) => {
    ms += Number(count) * units[unit]!
    return ''
  })
  if (rest !== '' || text === '') throw new InvalidArgumentError('A duration like 30s, 1m30s or 2h is needed.')
  return ms
}

/** Aborted after so long; 0 or nothing: never. */
export function deadline(ms: number | undefined): AbortSignal {
  return ms === undefined || ms === 0 ? new AbortController().signal : AbortSignal.timeout(ms)
}

/** Aborted by Ctrl-C: what goes on for ever ends well that way. */
export function interruption(): AbortSignal {
  const controller = new AbortController()
  process.once('SIGINT', () => controller.abort())
  return controller.signal
}
