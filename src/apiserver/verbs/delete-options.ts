// What a DELETE asks for: in its body, or in the query of a client that sends none (W11.1).
// Upstream: apimachinery/pkg/apis/meta/v1/validation, ValidateDeleteOptions.

import { type FieldError, invalid, notSupported } from '../../api/field-error.ts'
import { badRequestError } from '../../api/status.ts'
import type { DeleteOptions } from '../../api/types.ts'
import { isObject, type JsonObject } from '../../base/json.ts'
import { readOptionalBody } from '../body.ts'
import { dryRunErrors, optionsError } from '../options.ts'
import type { Call } from '../parts.ts'
import { isTrue } from '../request.ts'

export interface Deletion {
  readonly gracePeriodSeconds: number | undefined
  readonly uid: string | undefined
  readonly resourceVersion: string | undefined
  readonly policy: 'Background' | 'Foreground' | 'Orphan' | undefined
  readonly dryRun: boolean
}

export function deletionOf(call: Call): Deletion {
  const body = readOptionalBody(call.request, 'DeleteOptions')
  const query = fromQuery(call)
  if (body === undefined) return parseDeletion(query)
  // A body replaces the query, as upstream; but whoever asks for a dry run anywhere means it.
  return parseDeletion(body.dryRun === undefined ? { ...body, dryRun: query.dryRun } : body)
}

const policies = ['Background', 'Foreground', 'Orphan'] as const

export function parseDeletion(options: JsonObject | DeleteOptions): Deletion {
  const { gracePeriodSeconds, preconditions, propagationPolicy, orphanDependents, dryRun } = options
  const errors: FieldError[] = []
  if (orphanDependents != null && propagationPolicy != null) {
    const why = 'orphanDependents and deletionPropagation cannot be both set'
    errors.push(invalid('propagationPolicy', propagationPolicy, why))
  }
  const policy = policies.find((one) => one === propagationPolicy)
  if (propagationPolicy != null && policy === undefined) {
    errors.push(notSupported('propagationPolicy', propagationPolicy, ['Foreground', 'Background', 'Orphan', 'nil']))
  }
  const dryRuns = Array.isArray(dryRun) ? dryRun.map(String) : []
  errors.push(...dryRunErrors(dryRuns))
  if (errors.length > 0) throw optionsError('DeleteOptions', errors)
  const { uid, resourceVersion } = isObject(preconditions) ? preconditions : {}
  return {
    gracePeriodSeconds: secondsOf(gracePeriodSeconds),
    uid: typeof uid === 'string' ? uid : undefined,
    resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : undefined,
    policy: policy ?? (orphanDependents == null ? undefined : orphanDependents === true ? 'Orphan' : 'Background'),
    dryRun: dryRuns.length > 0,
  }
}

function secondsOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  if (Number.isSafeInteger(value)) return value as number
  const shape = typeof value === 'number' ? `number ${value}` : typeof value
  throw badRequestError(
    `DeleteOptions in version "v1" cannot be handled as a DeleteOptions: json: cannot unmarshal ${shape} into Go struct ` +
      'field DeleteOptions.gracePeriodSeconds of type int64',
  )
}

function fromQuery({ request: { query } }: Call): JsonObject {
  const grace = query.get('gracePeriodSeconds')
  const orphan = query.get('orphanDependents')
  return {
    gracePeriodSeconds: grace === null || grace === '' ? undefined : Number(grace),
    propagationPolicy: query.get('propagationPolicy') || undefined,
    orphanDependents: orphan === null ? undefined : isTrue(orphan),
    dryRun: query.getAll('dryRun'),
  }
}
