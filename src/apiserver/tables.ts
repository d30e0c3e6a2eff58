// Tables for kubectl: the call's own options, and the rows of table/.

import type { ApiObject, ListMeta } from '../api/types.ts'
import type { Call, Parts } from './parts.ts'
import { includeObjectOf, type Table, tableOf } from './table/table.ts'

export function presentTable(
  parts: Parts,
  call: Call,
  objects: readonly ApiObject[],
  listMeta: ListMeta,
  omitColumns = false,
): Table {
  const includeObject = includeObjectOf(call.request.query.get('includeObject'))
  return tableOf(call.target.resource, objects, { nowMs: parts.clock.now(), includeObject, listMeta, omitColumns })
}
