// Kinds that are questions: creating one answers it, and nothing is stored (W12.10).

import type { ApiObject } from '../../api/types.ts'
import type { ApiResponse } from '../../api/wire.ts'
import { warningHeader } from '../answer.ts'
import { type ReadObject, readObject } from '../body.ts'
import { writeOptionsOf } from '../options.ts'
import type { Call } from '../parts.ts'
import { presentValue } from '../present.ts'

export function readReview(call: Call): ReadObject {
  const { fieldValidation } = writeOptionsOf('CreateOptions', call.request.query)
  return readObject(call.request, call.target.resource, fieldValidation)
}

export function answerReview(
  { presentation, target }: Call,
  review: ApiObject,
  warnings: readonly string[],
): ApiResponse {
  const { kind } = target.resource
  return presentValue(presentation, 201, { ...review, kind, metadata: review.metadata }, warningHeader(warnings))
}
