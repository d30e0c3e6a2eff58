// What is logged as an error, a person hears at once: the log file is where one looks later.
import type { Log } from '../../base/log.ts'

/** The same log; `tell` hears its errors, in words. */
export function alsoTelling(log: Log, tell: (text: string) => void): Log {
  return {
    ...log,
    error(event, fields) {
      log.error(event, fields)
      tell(wordsFor(event, fields))
    },
    child: (fields) => alsoTelling(log.child(fields), tell),
  }
}

function wordsFor(event: string, fields: Readonly<Record<string, unknown>> = {}): string {
  const why = String(fields.reason ?? fields.error ?? fields.message ?? '').split('\n')[0]
  if (event === 'store unavailable') {
    return `${why}. What was answered is safe: stop with Ctrl-C, make room on the disk, start again.`
  }
  return why === '' ? event : `${event}: ${why}`
}
