import { expect, test } from 'vitest'
import { invalid, required } from '../api/field-error.ts'
import { daemonSets, pods } from '../api/resources.ts'
import { ApiError, badRequestError, invalidError, notFoundError } from '../api/status.ts'
import { Unreachable } from '../client/unreachable.ts'
import { CommandError } from './command-error.ts'
import { failureOf, refusalText } from './failure.ts'
import { ManifestRefused } from './manifests/apply.ts'
import { parseManifests } from './manifests/parse.ts'

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

test.each([
  ['one of ours', new CommandError('no objects passed to apply'), 'error: no objects passed to apply'],
  ['a refusal', notFoundError(pods, 'x'), 'Error from server (NotFound): pods "x" not found'],
  [
    'no credentials',
    new ApiError('Unauthorized', 'Unauthorized'),
    'error: You must be logged in to the server (Unauthorized)',
  ],
  [
    'one bad field',
    invalidError('apps', 'DaemonSet', 'x', [required('spec.selector')]),
    'The DaemonSet "x" is invalid: spec.selector: Required value',
  ],
  [
    'two bad fields',
    invalidError('apps', 'DaemonSet', 'x', [required('spec.a'), required('spec.b'), required('spec.a')]),
    'The DaemonSet "x" is invalid: \n* spec.a: Required value\n* spec.b: Required value',
  ],
  [
    'nobody listens',
    new Unreachable('GET https://127.0.0.1:1/api: connect ECONNREFUSED', refused),
    'The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port? ' +
      '(`everynode up` starts a cluster)',
  ],
  ['no answer', new Unreachable('GET https://h:1/api: socket hang up'), 'error: GET https://h:1/api: socket hang up'],
])('W6.2 %s', (_name, error, message) => {
  expect(failureOf(error)).toEqual({ message, exitCode: 1 })
})

test('a bug is no failure', () => {
  expect(failureOf(new TypeError('x is undefined'))).toBeUndefined()
})

test('with a file, the message says which and where', () => {
  const text = 'apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: x\nspec:\n  bogus: 1\n  selector: {}\n'
  const [manifest] = parseManifests(text, 'x.yaml')
  const because = (error: ApiError) =>
    failureOf(new ManifestRefused(error, 'error when creating "x.yaml"', manifest!))?.message
  expect(because(badRequestError('strict decoding error: unknown field "spec.bogus"'))).toBe(
    'Error from server (BadRequest): error when creating "x.yaml": strict decoding error: unknown field "spec.bogus" ' +
      '(x.yaml:6:3)',
  )
  expect(
    because(badRequestError('cannot unmarshal object into Go struct field S.spec.selector of type string')),
  ).toMatch(/ \(x\.yaml:7:3\)$/)
  expect(because(invalidError('apps', 'DaemonSet', 'x', [required('spec.template')]))).toBe(
    'The DaemonSet "x" is invalid: spec.template: Required value (x.yaml:5:1)',
  )
  const outcome = { ...JSON.parse('{"a":"\\"b\\""}'), long: 'x'.repeat(5000) }
  const patched = invalid('patch', JSON.stringify(outcome), 'strict decoding error: unknown field "spec.bogus"')
  expect(because(invalidError('', '', '', [patched]))).toBe(
    'Error from server (BadRequest): error when creating "x.yaml": strict decoding error: unknown field "spec.bogus" ' +
      '(x.yaml:6:3)',
  )
  expect(because(notFoundError(daemonSets, 'x'))).toBe(
    'Error from server (NotFound): error when creating "x.yaml": daemonsets.apps "x" not found',
  )
  expect(refusalText(notFoundError(daemonSets, 'x'))).not.toContain('x.yaml')
})
