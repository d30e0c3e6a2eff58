// Certificate signing requests: what was asked, and by whom, never changes; a decision is made through `approval`, the
// certificate is given through `status`. Upstream: pkg/registry/certificates/certificates/strategy.go.

import type { CertificateSigningRequest, RequestCondition } from '../../api/certificates.ts'
import { formatTime } from '../../api/time.ts'
import type { ApiObject } from '../../api/types.ts'
import type { User } from '../../api/wire.ts'
import { jsonEqual } from '../../base/json.ts'
import type { Strategy } from './strategy.ts'

export const certificateRequestStrategy: Strategy = {
  prepareUpdate(object, old) {
    const request = object as CertificateSigningRequest
    request.spec = (old as CertificateSigningRequest).spec
  },

  prepareStatus(object, old, { clock }, through) {
    const [request, before] = [object as CertificateSigningRequest, old as CertificateSigningRequest]
    const { certificate, conditions: kept = [] } = before.status ?? {}
    const status = { ...request.status }
    if (through === 'approval') {
      // Whoever decides does not sign.
      if (certificate === undefined) delete status.certificate
      else status.certificate = certificate
    }
    const conditions =
      through === 'approval'
        ? [...kept.filter(isDecision), ...(status.conditions ?? []).filter((one) => !isKept(one, kept))]
        : [...kept.filter(isDecision), ...(status.conditions ?? []).filter((one) => !isDecision(one))]
    if (conditions.length > 0) status.conditions = conditions.map((one) => dated(one, kept, formatTime(clock.now())))
    else delete status.conditions
    request.status = status
  },
}

/** The server says who asks. */
export function stampRequester(object: ApiObject, { name, uid, groups, extra }: User): void {
  const request = object as CertificateSigningRequest
  const { username: _, uid: __, groups: ___, extra: ____, ...spec } = request.spec ?? {}
  request.spec = {
    ...spec,
    username: name,
    groups: [...groups],
    ...(uid === undefined ? {} : { uid }),
    ...(extra === undefined ? {} : { extra }),
  } as CertificateSigningRequest['spec']
}

function isDecision({ type }: RequestCondition): boolean {
  return type === 'Approved' || type === 'Denied'
}

function isKept(condition: RequestCondition, kept: readonly RequestCondition[]): boolean {
  return isDecision(condition) && kept.some(({ type }) => type === condition.type)
}

function dated(condition: RequestCondition, kept: readonly RequestCondition[], now: string): RequestCondition {
  if (kept.some((one) => jsonEqual(one, condition))) return condition
  return {
    ...condition,
    lastUpdateTime: condition.lastUpdateTime ?? now,
    lastTransitionTime: condition.lastTransitionTime ?? now,
  }
}
