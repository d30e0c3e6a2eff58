// GET of one object.

import { notFoundError } from '../../api/status.ts'
import type { ApiResponse } from '../../api/wire.ts'
import type { Call, Parts } from '../parts.ts'
import { presentObject } from '../present.ts'
import { storageOf, storeKey } from '../stored.ts'
import { awaitRevision, getOptionsOf } from './list-options.ts'

export async function get(parts: Parts, call: Call): Promise<ApiResponse> {
  const { resource, namespace, name = '' } = call.target
  await awaitRevision(parts, getOptionsOf(call))
  const record = parts.store.get(storageOf(resource).collection, storeKey(namespace, name))
  if (record === undefined) throw notFoundError(resource, name)
  return presentObject(parts, call, 200, record.bytes)
}
