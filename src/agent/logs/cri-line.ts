// One line of a container's log file, in the format all container runtimes share:
// `2016-10-06T00:17:09.669794202Z stdout F what the container wrote`. `P` instead of `F`: the line goes on in the next.
// Upstream: staging/src/k8s.io/cri-client/pkg/logs/logs.go, parseCRILog.

import { parseTime } from '../../api/time.ts'

export type StreamName = 'stdout' | 'stderr'

export interface LogLine {
  /** As it stands in the file. */
  readonly time: string
  readonly stream: StreamName
  readonly isPartial: boolean
  /** Without the end of the line. A view on what was parsed. */
  readonly content: Buffer
}

const space = 0x20

/** `line` is without its end. Undefined: it is none of ours. */
export function parseLine(line: Buffer): LogLine | undefined {
  const afterTime = line.indexOf(space)
  const afterStream = line.indexOf(space, afterTime + 1)
  const afterTags = line.indexOf(space, afterStream + 1)
  if (afterTime < 0 || afterStream < 0 || afterTags < 0) return undefined
  const time = line.toString('latin1', 0, afterTime)
  const stream = line.toString('latin1', afterTime + 1, afterStream)
  if (stream !== 'stdout' && stream !== 'stderr') return undefined
  if (parseTime(time) === undefined) return undefined
  const [tag] = line.toString('latin1', afterStream + 1, afterTags).split(':')
  return { time, stream, isPartial: tag === 'P', content: line.subarray(afterTags + 1) }
}

/** What stands before the content of a line. */
export function linePrefix(time: string, stream: StreamName, isPartial: boolean): string {
  return `${time} ${stream} ${isPartial ? 'P' : 'F'} `
}

/** Nine decimals: how times are written to log files, and shown by `kubectl logs --timestamps`. */
export function nanoTime(ms: number): string {
  const whole = Math.floor(ms)
  const nanos = Math.min(999_999, Math.round((ms - whole) * 1e6))
  return `${new Date(whole).toISOString().slice(0, 23)}${String(nanos).padStart(6, '0')}Z`
}

/** The same time with nine decimals, whatever it had: Go leaves zeros at the end out. */
export function withNineDecimals(time: string): string {
  const parts = /^([^.Z+]{19})(?:\.(\d+))?(.*)$/.exec(time)
  if (parts === null) return time
  const [, seconds, fraction = '', zone] = parts
  return `${seconds}.${fraction.padEnd(9, '0').slice(0, 9)}${zone}`
}
