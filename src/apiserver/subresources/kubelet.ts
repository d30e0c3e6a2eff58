// A question to the kubelet of a node on behalf of somebody who asked the API server: log, exec, attach, port-forward.

import { ApiError, badRequestError } from '../../api/status.ts'
import type { Pod } from '../../api/types.ts'
import type { ApiBody, ApiRequest, ApiResponse } from '../../api/wire.ts'
import type { Parts } from '../parts.ts'

const apiserverUser = { name: 'kube-apiserver', groups: ['system:masters'] }

/** What it was asked for; whatever it refuses is thrown. */
export async function askKubelet(...asked: Parameters<typeof answerOfKubelet>): Promise<ApiResponse> {
  const answer = await answerOfKubelet(...asked)
  if (answer.status >= 300) throw await refusalOf(answer)
  return answer
}

/** Its answer as it is. */
export async function answerOfKubelet(
  { kubelets }: Pick<Parts, 'kubelets'>,
  nodeName: string,
  { method, path, query }: Pick<ApiRequest, 'method' | 'query'> & { readonly path: readonly string[] },
): Promise<ApiResponse> {
  const kubelet = kubelets(nodeName)
  if (kubelet === undefined) throw unreachable(nodeName)
  try {
    return await kubelet({
      method,
      path: `/${path.map(encodeURIComponent).join('/')}`,
      query,
      headers: { accept: 'text/plain', 'user-agent': 'everynode-apiserver' },
      body: new Uint8Array(),
      user: apiserverUser,
    })
  } catch (cause) {
    throw unreachable(nodeName, cause)
  }
}

/** Upstream: pkg/registry/core/pod/strategy.go, validateContainer. */
export function containerNamed({ metadata, spec }: Pod, asked: string): string {
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
