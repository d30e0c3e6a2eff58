// GET pods/NAME/log: the question goes on to the kubelet of the pod's node, its answer comes back as it is (W12.4).
// Upstream: pkg/registry/core/pod/strategy.go, LogLocation.

import { type FieldError, forbidden, invalid } from '../../api/field-error.ts'
import { ApiError, badRequestError, invalidError, notFoundError } from '../../api/status.ts'
import type { Pod } from '../../api/types.ts'
import type { ApiBody, ApiRequest, ApiResponse, URLSearchParamsLike } from '../../api/wire.ts'
import { textAnswer } from '../answer.ts'
import type { Call, Parts } from '../parts.ts'
import { parseStored, storageOf, storeKey } from '../stored.ts'

export async function log(parts: Parts, call: Call): Promise<ApiResponse> {
  const { resource, namespace = '', name = '' } = call.target
  const record = parts.store.get(storageOf(resource).collection, storeKey(namespace, name))
  if (record === undefined) throw notFoundError(resource, name)
  const pod = parseStored<Pod>(record.bytes)
  checkOptions(call.request.query)
  const container = containerOf(pod, call.request.query.get('container') ?? '')
  const nodeName = pod.spec.nodeName ?? ''
  // Nobody runs it yet: nothing was said.
  if (nodeName === '') return textAnswer(200, '')
  const kubelet = parts.kubelets(nodeName)
  if (kubelet === undefined) throw unreachable(nodeName)
  let answer: ApiResponse
  try {
    answer = await kubelet(logRequest(call.request, namespace, name, container))
  } catch (cause) {
    throw unreachable(nodeName, cause)
  }
  if (answer.status >= 300) throw await refusalOf(answer)
  return {
    status: 200,
    headers: { 'cache-control': 'no-cache, private', 'content-type': 'text/plain' },
    body: answer.body,
  }
}

function containerOf({ metadata, spec }: Pod, asked: string): string {
  const containers = spec.containers.map(({ name }) => name)
  const initContainers = (spec.initContainers ?? []).map(({ name }) => name)
  if (asked !== '') {
    if (containers.includes(asked) || initContainers.includes(asked)) return asked
    throw badRequestError(`container ${asked} is not valid for pod ${metadata.name}`)
  }
  if (containers.length === 1) return containers[0]!
  const others = initContainers.length === 0 ? '' : ` or one of the init containers: [${initContainers.join(' ')}]`
  throw badRequestError(
    `a container name must be specified for pod ${metadata.name}, choose one of: [${containers.join(' ')}]${others}`,
  )
}

/** What a kubelet understands; anything else in the query is not sent on. */
const passedOn = ['follow', 'previous', 'sinceSeconds', 'sinceTime', 'timestamps', 'tailLines', 'limitBytes'] as const

const apiserverUser = { name: 'kube-apiserver', groups: ['system:masters'] }

function logRequest({ query }: ApiRequest, namespace: string, pod: string, container: string): ApiRequest {
  const passed = new URLSearchParams()
  for (const name of passedOn) {
    const value = query.get(name)
    if (value !== null && value !== '') passed.set(name, value)
  }
  return {
    method: 'GET',
    path: `/containerLogs/${[namespace, pod, container].map(encodeURIComponent).join('/')}`,
    query: passed,
    headers: { accept: 'text/plain', 'user-agent': 'everynode-apiserver' },
    body: new Uint8Array(),
    user: apiserverUser,
  }
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

function unreachable(nodeName: string, cause?: unknown): ApiError {
  const why = cause === undefined ? 'it does not run' : String(cause)
  return new ApiError('InternalError', `the kubelet of node "${nodeName}" cannot be reached: ${why}`, {}, { cause })
}

/** A kubelet says why in plain text. */
async function refusalOf({ status, body }: ApiResponse): Promise<ApiError> {
  const text = (await textOfBody(body)).trim()
  const reason = status === 404 ? 'NotFound' : status < 500 ? 'BadRequest' : 'InternalError'
  return new ApiError(reason, text === '' ? `the kubelet answered ${status}` : text, {})
}

async function textOfBody(body: ApiBody): Promise<string> {
  switch (body.kind) {
    case 'bytes':
      return Buffer.from(body.bytes).toString('utf8')
    case 'slices':
      return Buffer.concat(body.slices).toString('utf8')
    case 'stream':
      body.start({ write: () => false, drained: async () => {}, end() {}, destroy() {} })()
      return ''
    default:
      return body satisfies never
  }
}
