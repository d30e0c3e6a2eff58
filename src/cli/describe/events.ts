// What happened to an object, oldest first. Upstream: kubectl/pkg/describe/describe.go, DescribeEvents.
import { humanDuration } from '../../api/duration.ts'
import { parseTime } from '../../api/time.ts'
import type { Event } from '../../api/types.ts'
import { sortedBy } from '../../base/sorted.ts'

/** `above` belongs to the columns of what stands before, `below` has its own. */
export function eventLines(events: readonly Event[], nowMs: number): { above: string[]; below: string[] } {
  if (events.length === 0) return { above: ['Events:\t<none>'], below: [] }
  const rows = sortedBy(events, (event) => parseTime(event.lastTimestamp ?? event.eventTime) ?? 0).map((event) => {
    const { type = '', reason = '', source, reportingComponent = '', message = '' } = event
    const from = source?.component === undefined || source.component === '' ? reportingComponent : source.component
    return `  ${type}\t${reason}\t${ageOf(event, nowMs)}\t${from}\t${message.trim()}`
  })
  const header = ['Events:', '  Type\tReason\tAge\tFrom\tMessage', '  ----\t------\t----\t----\t-------']
  return { above: [], below: [...header, ...rows] }
}

/** `5m`, or `5m (x3 over 1h)`. */
function ageOf({ eventTime, firstTimestamp, lastTimestamp, count = 1 }: Event, nowMs: number): string {
  const since = (time: string | null | undefined) => {
    const ms = parseTime(time)
    return ms === undefined ? '<unknown>' : humanDuration(nowMs - ms)
  }
  const first = since(eventTime ?? firstTimestamp)
  return count > 1 ? `${since(lastTimestamp)} (x${count} over ${first})` : first
}
