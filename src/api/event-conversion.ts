// Events in their two groups: kept as core writes them, shown by events.k8s.io/v1 under its own names (W14.4).
// Upstream: pkg/apis/events/v1/conversion.go, and the field order of staging/src/k8s.io/api.

import { defaultEvent } from './defaults/small-kinds.ts'
import type { ApiObject } from './types.ts'

type Fields = Readonly<Record<string, unknown>>

/** Name in events.k8s.io/v1 → name in core. Fields that are not here have one name. */
const storedNames: Readonly<Record<string, string>> = {
  deprecatedCount: 'count',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedSource: 'source',
  note: 'message',
  regarding: 'involvedObject',
  reportingController: 'reportingComponent',
}

const viewNames = Object.fromEntries(Object.entries(storedNames).map(([view, stored]) => [stored, view]))

/** The object in core's words, with the fields that core always writes. */
export function eventToStored(view: ApiObject): ApiObject {
  const stored = { involvedObject: {}, ...renamed(view, storedNames), apiVersion: 'v1' } as unknown as ApiObject
  defaultEvent(stored)
  return stored
}

export function eventFromStored(stored: ApiObject): ApiObject {
  return { ...renamed(stored, viewNames), apiVersion: 'events.k8s.io/v1' } as unknown as ApiObject
}

/** `regarding.name` → `involvedObject.name`; undefined for a path that the view does not have. */
export function storedEventPath(path: string): string | undefined {
  const [first = '', ...rest] = path.split('.')
  if (Object.hasOwn(viewNames, first) || first === 'source') return undefined
  return [Object.hasOwn(storedNames, first) ? storedNames[first] : first, ...rest].join('.')
}

function renamed(object: ApiObject, names: Readonly<Record<string, string>>): Fields {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [Object.hasOwn(names, name) ? names[name] : name, value]),
  )
}
