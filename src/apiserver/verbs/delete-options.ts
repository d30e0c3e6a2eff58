// What a DELETE asks for: in its body, or in the query of a client that sends none (W11.1).
// Upstream: apimachinery/pkg/apis/meta/v1/validation, ValidateDeleteOptions.

import { type FieldError, invalid, notSupported } from '../../api/field-error.ts'
import { badRequestError } from '../../api/status.ts'
import type { ApiObject, DeleteOptions } from '../../api/types.ts'
import { readPassing } from '../body.ts'
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
  const body = readPassing<DeleteOptionsBody>(call.request, 'DeleteOptions')
  const query = fromQuery(call)
  if (body === undefined) return parseDeletion(query)
  // A body replaces the query, as upstream; but whoever asks for a dry run anywhere means it.
  return parseDeletion(body.dryRun === undefined ? { ...body, dryRun: query.dryRun ?? [] } : body)
}

type DeleteOptionsBody = DeleteOptions & ApiObject

const policies = ['Background', 'Foreground', 'Orphan'] as const

export function parseDeletion(options: DeleteOptions): Deletion {
  const { gracePeriodSeconds, preconditions, propagationPolicy, orphanDependents, dryRun = [] } = options
  const errors: FieldError[] = []
  if (orphanDependents !== undefined && propagationPolicy !== undefined) {
    const why = 'orphanDependents and deletionPropagation cannot be both set'
    errors.push(invalid('propagationPolicy', propagationPolicy, why))
  }
  const policy = policies.find((one) => one === propagationPolicy)
  if (propagationPolicy !== undefined && policy === undefined) {
    errors.push(notSupported('propagationPolicy', propagationPolicy, ['Foreground', 'Background', 'Orphan', 'nil']))
  }
  errors.push(...dryRunErrors(dryRun))
  if (errors.length > 0) throw optionsError('DeleteOptions', errors)
  return {
    gracePeriodSeconds,
    uid: preconditions?.uid,
    resourceVersion: preconditions?.resourceVersion,
    policy: policy ?? oldPolicy(orphanDependents),
    dryRun: dryRun.length > 0,
  }
}

/** How clients said it before there were policies. */
function oldPolicy(orphanDependents: boolean | undefined): Deletion['policy'] {
  if (orphanDependents === undefined) return undefined
  return orphanDependents ? 'Orphan' : 'Background'
}

function fromQuery({ request: { query } }: Call): DeleteOptions {
  const grace = query.get('gracePeriodSeconds') || undefined
  const policy = query.get('propagationPolicy') || undefined
  const orphan = query.get('orphanDependents')
  const seconds = Number(grace)
  if (grace !== undefined && !Number.isSafeInteger(seconds)) {
    throw badRequestError(`strconv.ParseInt: parsing ${JSON.stringify(grace)}: invalid syntax`)
  }
  return {
    ...(grace === undefined ? {} : { gracePeriodSeconds: seconds }),
    ...(policy === undefined ? {} : { propagationPolicy: policy }),
    ...(orphan === null ? {} : { orphanDependents: isTrue(orphan) }),
    dryRun: query.getAll('dryRun'),
  }
}
