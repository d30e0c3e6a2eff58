// Events, which come in two generations: with first and last time and a count, or with one time and a series (W8.14).

import type { Event } from '../../api/types.ts'
import { ago, column, firstOf, integerColumn, nameColumn, type Printer, wide } from './column.ts'

interface SeriesEvent extends Event {
  series?: { count?: number; lastObservedTime?: string | null }
}

export const eventPrinter: Printer<SeriesEvent> = {
  columns: [
    column('Last Seen', 'The time since it last happened.', (event, nowMs) => ago(lastTime(event), nowMs)),
    column('Type', 'Normal or Warning.', (event) => event.type ?? ''),
    column('Reason', 'What happened, in one word.', (event) => event.reason ?? ''),
    column('Object', 'What it happened to.', ({ involvedObject: { kind = '', name = '' } = {} }) => {
      return name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`
    }),
    wide(column('Subobject', 'Which part of it.', (event) => event.involvedObject?.fieldPath ?? '')),
    wide(column('Source', 'Who says so, and on which machine.', (event) => sourceText(event))),
    column('Message', 'What happened, in a sentence.', (event) => (event.message ?? '').trim()),
    wide(column('First Seen', 'The time since it first happened.', (event, nowMs) => ago(firstTime(event), nowMs))),
    // An event of the new kind that happened once has neither a count nor a series.
    wide(integerColumn('Count', 'How often it happened.', (event) => event.series?.count ?? (event.count || 1))),
    wide(nameColumn),
  ],
}

function firstTime(event: SeriesEvent): string | undefined {
  return event.firstTimestamp ?? event.eventTime ?? undefined
}

function lastTime(event: SeriesEvent): string | undefined {
  if (event.series !== undefined) return event.series.lastObservedTime ?? undefined
  return event.lastTimestamp ?? firstTime(event)
}

function sourceText(event: SeriesEvent): string {
  const component = firstOf(event.source?.component, event.reportingComponent)
  const host = firstOf(event.source?.host, event.reportingInstance)
  return host === '' ? component : `${component}, ${host}`
}
