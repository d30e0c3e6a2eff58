// To approve a request, and to sign one, are rights on the signer, besides those on the request: a certificate is as good
// as what it lets its holder do.
// Upstream: plugin/pkg/admission/certificates/{approval,signing}, and pkg/registry/certificates/authorization.

import { type CertificateSigningRequest, certificatesGroup, hasRequestCondition } from '../../api/certificates.ts'
import { certificateSigningRequests } from '../../api/resources.ts'
import { type ApiError, forbiddenError } from '../../api/status.ts'
import type { ApiObject } from '../../api/types.ts'
import type { User } from '../../api/wire.ts'
import type { AuthorizationFacts, Authorizer } from './authorize.ts'

export interface CertificateWrite {
  readonly user: User
  readonly object: ApiObject
  readonly old: ApiObject
  readonly through: string | undefined
}

/** Undefined when the write may go on. */
export function certificateGrant(
  { user, object, old, through }: CertificateWrite,
  authorizer: Authorizer,
  facts: AuthorizationFacts,
): ApiError | undefined {
  const verb = through === 'approval' ? 'approve' : through === 'status' && givesCertificate(object, old) ? 'sign' : ''
  if (verb === '') return undefined
  const { signerName } = (old as CertificateSigningRequest).spec
  const domain = signerName.slice(0, signerName.indexOf('/'))
  const may = (name: string) =>
    authorizer({ kind: 'resource', user, verb, group: certificatesGroup, plural: 'signers', name }, facts).allowed
  if (may(signerName) || may(`${domain}/*`)) return undefined
  const why = `user not permitted to ${verb} requests with signerName "${signerName}"`
  return forbiddenError(certificateSigningRequests, old.metadata.name ?? '', why)
}

/** Also that it failed is the signer's to say. */
function givesCertificate(object: ApiObject, old: ApiObject): boolean {
  const [request, before] = [object as CertificateSigningRequest, old as CertificateSigningRequest]
  if (request.status?.certificate !== before.status?.certificate) return true
  return hasRequestCondition(request, 'Failed') && !hasRequestCondition(before, 'Failed')
}
