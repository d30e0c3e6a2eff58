import { expect, test } from 'vitest'
import type { CertificateSigningRequest } from '../certificates.ts'
import { fieldErrorText } from '../field-error.ts'
import { certificateSigningRequests } from '../resources.ts'
import type { ApiObject } from '../types.ts'
import { validateCreate, validateUpdate } from './validation.ts'

const request = 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K'
const fine = { request, signerName: 'example.com/mine', usages: ['client auth'] }
const object = (spec: Partial<CertificateSigningRequest['spec']>, status: object = {}): ApiObject =>
  ({ metadata: { name: 'r' }, spec: { ...fine, ...spec }, status }) as ApiObject

const table: [name: string, spec: Partial<CertificateSigningRequest['spec']>, errors: RegExp[]][] = [
  ['fine', {}, []],
  [
    'no request',
    { request: 'bm9uZQ==' },
    [/^spec.request: Invalid value: "bm9uZQ==": PEM block type must be CERTIFICATE/],
  ],
  ['no use', { usages: [] }, [/^spec.usages: Required value$/]],
  [
    'an unknown use',
    { usages: ['fun'] },
    [/^spec.usages\[0\]: Unsupported value: "fun": supported values: "any", "cert sign"/],
  ],
  ['a use twice', { usages: ['any', 'any'] }, [/^spec.usages\[1\]: Duplicate value: "any"$/]],
  ['no signer', { signerName: '' }, [/^spec.signerName: Required value$/]],
  ['a signer without a domain', { signerName: 'mine' }, [/must be a fully qualified domain and path of the form/]],
  [
    'too short',
    { expirationSeconds: 599 },
    [/^spec.expirationSeconds: Invalid value: 599: may not specify a duration less/],
  ],
]

test.each(table)('B7 a certificate request: %s', (_name, spec, errors) => {
  const found = validateCreate(certificateSigningRequests, object(spec)).map(fieldErrorText)
  expect(found).toEqual(errors.map((error) => expect.stringMatching(error)))
})

test('B7 a decision is one, and true', () => {
  const decided = (...conditions: object[]) =>
    validateUpdate(certificateSigningRequests, object({}, { conditions }), object({}), 'approval').map(fieldErrorText)
  expect(decided({ type: 'Approved', status: 'True' })).toEqual([])
  expect(decided({ type: 'Denied', status: 'False' })).toEqual([
    'status.conditions[0].status: Unsupported value: "False": supported values: "True"',
  ])
  expect(decided({ type: 'Denied', status: 'True' }, { type: 'Approved', status: 'True' })[0]).toContain(
    'mutually exclusive',
  )
})
