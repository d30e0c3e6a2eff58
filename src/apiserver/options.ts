// The query of a write: dry run, field manager, field validation (W9.1, W9.8, W9.9).
// Upstream: apimachinery/pkg/apis/meta/v1/validation/validation.go.

import { type FieldError, invalid, notSupported, tooLong } from '../api/field-error.ts'
import { invalidError } from '../api/status.ts'
import type { URLSearchParamsLike } from '../api/wire.ts'

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore'

export interface WriteOptions {
  readonly dryRun: boolean
  readonly fieldValidation: FieldValidation
}

const fieldValidations: readonly FieldValidation[] = ['Ignore', 'Strict', 'Warn']
const fieldManagerBytes = 128

export function writeOptionsOf(
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  query: URLSearchParamsLike,
): WriteOptions {
  const errors: FieldError[] = []
  const dryRun = query.getAll('dryRun')
  errors.push(...dryRunErrors(dryRun))
  const manager = query.get('fieldManager') ?? ''
  if (Buffer.byteLength(manager) > fieldManagerBytes) errors.push(tooLong('fieldManager', fieldManagerBytes))
  if (/\p{C}/u.test(manager)) {
    errors.push(invalid('fieldManager', manager, 'should only contain printable characters'))
  }
  const asked = query.get('fieldValidation') || 'Warn'
  const fieldValidation = fieldValidations.find((one) => one === asked)
  if (fieldValidation === undefined) {
    errors.push(notSupported('fieldValidation', asked, ['', ...fieldValidations]))
  }
  if (errors.length > 0 || fieldValidation === undefined) throw optionsError(kind, errors)
  return { dryRun: dryRun.length > 0, fieldValidation }
}

export function dryRunErrors(dryRun: readonly string[]): FieldError[] {
  return dryRun.every((one) => one === 'All') ? [] : [notSupported('dryRun', dryRun, ['All'])]
}

export function optionsError(kind: string, errors: readonly FieldError[]) {
  return invalidError('meta.k8s.io', kind, '', errors)
}
