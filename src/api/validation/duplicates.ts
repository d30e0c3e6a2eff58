// The same complaint once. Upstream: apimachinery/pkg/util/validation/field, ErrorList.ToAggregate.

import { type FieldError, fieldErrorText } from '../field-error.ts'

export function duplicatesRemoved(errors: readonly FieldError[]): FieldError[] {
  const seen = new Set<string>()
  return errors.filter((error) => {
    const text = fieldErrorText(error)
    if (seen.has(text)) return false
    seen.add(text)
    return true
  })
}
