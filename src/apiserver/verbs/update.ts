// PUT: the whole object anew (W9.5).

import { applyDefaults } from '../../api/defaults/defaults.ts'
import { reasonOf } from '../../api/status.ts'
import type { ApiObject } from '../../api/types.ts'
import type { ApiResponse } from '../../api/wire.ts'
import { warningHeader } from '../answer.ts'
import { authorizeCreate } from '../authorization.ts'
import { readObject } from '../body.ts'
import { writeOptionsOf } from '../options.ts'
import type { Call, Parts } from '../parts.ts'
import { presentObject } from '../present.ts'
import { strategyOf } from '../strategies/strategy.ts'
import { changeObject } from './change.ts'
import { type Created, createObject } from './create.ts'
import { trackedChange } from './field-manager.ts'

export async function update(parts: Parts, call: Call): Promise<ApiResponse> {
  const { resource, subresource } = call.target
  const { dryRun, fieldValidation } = writeOptionsOf('UpdateOptions', call.request.query)
  const { object, warnings } = readObject(call.request, resource, fieldValidation)
  applyDefaults(resource, object)
  const answer = (status: number, written: Created) =>
    presentObject(parts, call, status, written.bytes, warningHeader([...warnings, ...written.warnings]))
  try {
    const make = (current: ApiObject) => trackedChange(parts, call, current, object)
    return answer(200, await changeObject(parts, call, { by: 'put', dryRun, make }))
  } catch (error) {
    const isAbsent = reasonOf(error) === 'NotFound' && subresource === undefined
    if (!isAbsent || strategyOf(resource).createdByPut !== true) throw error
  }
  authorizeCreate(parts, call)
  object.metadata.name ??= call.target.name ?? ''
  const { resourceVersion, ...metadata } = object.metadata
  return answer(201, await createObject(parts, call, { ...object, metadata }, { dryRun }))
}
