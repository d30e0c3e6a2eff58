// A field that holds one of a few words.

import { type FieldError, notSupported, required } from '../field-error.ts'
import { textOf } from './parts.ts'

/** None at all is `Required value`, because the defaults have filled in what may be left out. */
export function oneOf(field: string, value: unknown, words: readonly string[]): FieldError[] {
  const text = textOf(value)
  if (text === '') return [required(field)]
  return words.includes(text) ? [] : [notSupported(field, text, words)]
}
