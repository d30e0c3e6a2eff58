// GET pods/NAME/log: the question goes on to the kubelet of the pod's node, its answer comes back as it is (W12.4).
// Upstream: pkg/registry/core/pod/strategy.go, LogLocation.

import { type FieldError, forbidden, invalid } from '../../api/field-error.ts'
import { badRequestError, invalidError, notFoundError } from '../../api/status.ts'
import type { Pod } from '../../api/types.ts'
import type { ApiRequest, ApiResponse, URLSearchParamsLike } from '../../api/wire.ts'
import { textAnswer } from '../answer.ts'
import type { Call, Parts } from '../parts.ts'
import { parseStored, storageOf, storeKey } from '../stored.ts'
import { askKubelet, containerNamed } from './kubelet.ts'

export async function log(parts: Parts, call: Call): Promise<ApiResponse> {
  const { resource, namespace = '', name = '' } = call.target
  const record = parts.store.get(storageOf(resource).collection, storeKey(namespace, name))
  if (record === undefined) throw notFoundError(resource, name)
  const pod = parseStored<Pod>(record.bytes)
  checkOptions(call.request.query)
  const container = containerNamed(pod, call.request.query.get('container') ?? '')
  const nodeName = pod.spec.nodeName ?? ''
  // Nobody runs it yet: nothing was said.
  if (nodeName === '') return textAnswer(200, '')
  const path = ['containerLogs', namespace, name, container]
  const { body } = await askKubelet(parts, nodeName, { method: 'GET', path, query: logQuery(call.request) })
  return {
    status: 200,
    headers: { 'cache-control': 'no-cache, private', 'content-type': 'text/plain' },
    body,
  }
}

/** What a kubelet understands; anything else in the query is not sent on. */
const passedOn = ['follow', 'previous', 'sinceSeconds', 'sinceTime', 'timestamps', 'tailLines', 'limitBytes'] as const

function logQuery({ query }: ApiRequest): URLSearchParams {
  const passed = new URLSearchParams()
  for (const name of passedOn) {
    const value = query.get(name)
    if (value !== null && value !== '') passed.set(name, value)
  }
  return passed
}

/** Upstream: pkg/apis/core/validation, ValidatePodLogOptions. */
function checkOptions(query: URLSearchParamsLike): void {
  const errors: FieldError[] = []
  const atLeast = (name: string, least: number) => {
    const text = query.get(name)
    if (text === null || text === '') return
    const value = Number(text)
    if (!Number.isSafeInteger(value)) throw badRequestError(`strconv.ParseInt: parsing "${text}": invalid syntax`)
    if (value < least) errors.push(invalid(name, value, `must be greater than ${least === 0 ? 'or equal to 0' : '0'}`))
  }
  atLeast('tailLines', 0)
  atLeast('limitBytes', 1)
  atLeast('sinceSeconds', 1)
  if (query.get('sinceSeconds') !== null && query.get('sinceTime') !== null) {
    errors.push(forbidden('', 'at most one of `sinceTime` or `sinceSeconds` may be specified'))
  }
  if (errors.length > 0) throw invalidError('', 'PodLogOptions', '', errors)
}
