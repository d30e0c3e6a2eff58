// What a column is, and the cells that many kinds share.

import { humanDuration } from '../../api/duration.ts'
import { parseTime } from '../../api/time.ts'
import type { ApiObject } from '../../api/types.ts'

export type Cell = string | number | boolean

/** As it travels (W8.6). */
export interface ColumnDefinition {
  readonly name: string
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  readonly format: string
  readonly description: string
  /** 1: shown with `-o wide` only. */
  readonly priority: number
}

export interface Column<T> extends ColumnDefinition {
  readonly cell: (object: T, nowMs: number) => Cell
}

export interface RowCondition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

/** How one kind is shown. Upstream: pkg/printers/internalversion/printers.go. */
export interface Printer<T> {
  readonly columns: readonly Column<T>[]
  readonly conditions?: (object: T) => readonly RowCondition[] | undefined
}

export function column<T>(name: string, description: string, cell: Column<T>['cell']): Column<T> {
  return { name, type: 'string', format: '', description, priority: 0, cell }
}

export function integerColumn<T>(name: string, description: string, cell: (object: T) => number): Column<T> {
  return { ...column(name, description, cell), type: 'integer' }
}

export function wide<T>(shown: Column<T>): Column<T> {
  return { ...shown, priority: 1 }
}

export const nameColumn: Column<ApiObject> = {
  ...column('Name', 'The name of the object, unique among its kind in its namespace.', (object: ApiObject) => {
    return object.metadata.name ?? ''
  }),
  format: 'name',
}

export const ageColumn: Column<ApiObject> = column(
  'Age',
  'The time since the object was created.',
  (object: ApiObject, nowMs) => ago(object.metadata.creationTimestamp, nowMs),
)

export const none = '<none>'
export const unknown = '<unknown>'

/** The time since then, for people: `5m`, `3d2h` (W8.11). */
export function ago(time: string | null | undefined, nowMs: number): string {
  const ms = parseTime(time)
  return ms === undefined ? unknown : humanDuration(nowMs - ms)
}

/** `k=v,k=v` in the order of the keys. Upstream: labels.FormatLabels. */
export function labelText(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`)
  return pairs.length === 0 ? none : pairs.sort().join(',')
}

/** The first text that is neither absent nor empty. */
export function firstOf(...texts: (string | undefined)[]): string {
  return texts.find((text) => text !== undefined && text !== '') ?? ''
}
