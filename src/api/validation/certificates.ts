// Rules for certificate signing requests. Whether the request itself can be read is its signer's to say: that needs more
// than a look. Upstream: pkg/apis/certificates/validation/validation.go.

import { type CertificateSigningRequest, hasRequestCondition } from '../certificates.ts'
import { duplicate, type FieldError, invalid, notSupported, required } from '../field-error.ts'
import { dns1123Subdomain, pathSegment } from '../names.ts'
import type { ApiObject } from '../types.ts'
import { validateMetadata, validateMetadataUpdate } from './metadata.ts'

export const leastExpirationSeconds = 600

export function validateCertificateRequest(object: ApiObject): FieldError[] {
  const { spec } = object as CertificateSigningRequest
  const { request = '', signerName = '', usages = [], expirationSeconds } = spec ?? {}
  const errors = validateMetadata(object, { namespaced: false, name: pathSegment })
  if (!request.startsWith(pemBeginning)) {
    errors.push(invalid('spec.request', request, 'PEM block type must be CERTIFICATE REQUEST'))
  }
  if (usages.length === 0) errors.push(required('spec.usages'))
  usages.forEach((usage, i) => {
    if (!keyUsages.includes(usage)) errors.push(notSupported(`spec.usages[${i}]`, usage, keyUsages))
    else if (usages.indexOf(usage) < i) errors.push(duplicate(`spec.usages[${i}]`, usage))
  })
  errors.push(...signerNameErrors(signerName))
  if (typeof expirationSeconds === 'number' && expirationSeconds < leastExpirationSeconds) {
    const why = 'may not specify a duration less than 600 seconds (10 minutes)'
    errors.push(invalid('spec.expirationSeconds', expirationSeconds, why))
  }
  return [...errors, ...conditionErrors(object as CertificateSigningRequest)]
}

/** Through a subresource, where only the conditions and the certificate can change. */
export function validateCertificateStatus(object: ApiObject, old: ApiObject): FieldError[] {
  return [...validateMetadataUpdate(object, old), ...conditionErrors(object as CertificateSigningRequest)]
}

/** `-----BEGIN CERTIFICATE REQUEST-----` in base64, as far as it does not hang on what follows. */
const pemBeginning = 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0t'

const keyUsages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
]

function signerNameErrors(signerName: string): FieldError[] {
  const field = 'spec.signerName'
  if (signerName === '') return [required(field)]
  const [domain = '', path = '', more] = signerName.split('/')
  if (path === '' || more !== undefined) {
    return [
      invalid(field, signerName, "must be a fully qualified domain and path of the form 'example.com/signer-name'"),
    ]
  }
  return dns1123Subdomain(domain).map((problem) => invalid(field, domain, problem))
}

function conditionErrors(object: CertificateSigningRequest): FieldError[] {
  const errors: FieldError[] = []
  const { conditions = [] } = object.status ?? {}
  const field = 'status.conditions'
  conditions.forEach(({ type, status }, i) => {
    if (type === '') errors.push(required(`${field}[${i}].type`))
    if (decided.includes(type) && status !== 'True') {
      errors.push(notSupported(`${field}[${i}].status`, status, ['True']))
    }
  })
  if (hasRequestCondition(object, 'Approved') && hasRequestCondition(object, 'Denied')) {
    errors.push(invalid(field, 'Approved,Denied', 'Approved and Denied conditions are mutually exclusive'))
  }
  return errors
}

const decided = ['Approved', 'Denied', 'Failed']
