// Where a running cluster writes its log: lines of JSON by pino, in a file that is put aside when it has grown enough,
// so that the last two generations are all that is ever kept.
import { renameSync, statSync } from 'node:fs'
import pino from 'pino'
import type { Log } from '../../base/log.ts'

export const logLimits = {
  /** Then the file becomes `<file>.1`, and the one that was there is gone. */
  fileBytes: 16 * 1024 * 1024,
  /** How often its size is looked at, in lines. */
  linesBetweenLooks: 1000,
} as const

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** On standard error where no file is given. `flush` writes what is still held back. */
export function openLog(level: LogLevel, file?: string): { log: Log; flush: () => void } {
  if (file !== undefined) putAsideIfLarge(file)
  const destination = pino.destination({ dest: file ?? 2, sync: file === undefined, mkdir: true, mode: 0o600 })
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'event' }, destination)
  let lines = 0
  let isBroken = false
  // A log that cannot be written (a full disk) is given up and said once: the cluster is worth more than its log.
  const giveUp = (error: unknown) => {
    if (isBroken) return
    isBroken = true
    destination.destroy()
    process.stderr.write(`the log is not written any more: ${error instanceof Error ? error.message : error}\n`)
  }
  destination.on('error', giveUp)
  const guarded = (act: () => void) => {
    if (isBroken) return
    try {
      act()
    } catch (error) {
      giveUp(error)
    }
  }
  const put = (line: () => void) =>
    guarded(() => {
      line()
      lines++
      if (file === undefined || lines % logLimits.linesBetweenLooks !== 0) return
      if (putAsideIfLarge(file)) destination.reopen(file)
    })
  return { log: logOver(() => logger, put), flush: () => guarded(() => destination.flushSync()) }
}

/** `made` gives the logger when there is something to write: most of the children a fleet makes never write a line. */
function logOver(made: () => pino.Logger, put: (line: () => void) => void): Log {
  let known: pino.Logger | undefined
  const logger = () => {
    known ??= made()
    return known
  }
  const write = (level: LogLevel) => (event: string, fields?: Readonly<Record<string, unknown>>) => {
    if (logger().isLevelEnabled(level)) put(() => logger()[level](fields ?? {}, event))
  }
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => logOver(() => logger().child(fields), put),
  }
}

function putAsideIfLarge(file: string): boolean {
  try {
    if (statSync(file).size < logLimits.fileBytes) return false
    renameSync(file, `${file}.1`)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
