// What an agent answers the API server when it is asked for the log of one of its containers (sessions are in
// kubelet-sessions.ts). Texts are the kubelet's.
// Upstream: pkg/kubelet/server/server.go, getContainerLogs, and kubelet_pods.go, validateContainerLogStatus.

import { parseTime } from '../api/time.ts'
import type { ContainerStatus } from '../api/types.ts'
import type { ApiRequest, ApiResponse, Send } from '../api/wire.ts'
import { type Asked, find, flag, text } from './kubelet-answer.ts'
import { openSession } from './kubelet-sessions.ts'
import { containerOf } from './pod-state.ts'
import type { PodWorker } from './pod-worker.ts'
import type { LogSelection, Runtime } from './runtime.ts'

export interface KubeletApiOptions {
  readonly runtime: Runtime
  readonly workers: () => Iterable<PodWorker>
  readonly now: () => number
}

export function kubeletApi(options: KubeletApiOptions): Send {
  return async (request) => {
    if (request.path === '/healthz') return text(200, 'ok')
    const path = request.path.split('/').map(decodeURIComponent)
    if (path[1] !== 'containerLogs') return openSession(options, request, path) ?? text(404, '404 page not found')
    if (request.method !== 'GET') return text(405, '405: Method Not Allowed')
    const [, , namespace = '', pod = '', container = ''] = path
    if (pod === '') return text(400, '{"message": "Missing podID."}')
    if (container === '') return text(400, '{"message": "Missing container name."}')
    return containerLog(options, request, { namespace, pod, container })
  }
}

function containerLog({ runtime, workers, now }: KubeletApiOptions, request: ApiRequest, asked: Asked): ApiResponse {
  const worker = find(workers(), asked)
  if (worker === undefined) return text(404, `pod "${asked.pod}" does not exist`)
  if (containerOf(worker.pod, asked.container) === undefined) {
    return text(404, `container "${asked.container}" not found in pod "${asked.pod}"`)
  }
  const { initContainerStatuses = [], containerStatuses = [] } = worker.status
  const status = [...initContainerStatuses, ...containerStatuses].find(({ name }) => name === asked.container)
  const run = runOf(status, asked, flag(request, 'previous'))
  if ('problem' in run) return text(400, run.problem)
  const selection = selectionOf(request, now())
  if (typeof selection === 'string') return text(400, selection)
  const log = runtime.log(worker.pod.metadata.uid ?? '', run.containerId)
  if (log === undefined) return text(400, `unable to retrieve container logs for ${run.containerId}`)
  return {
    status: 200,
    headers: { 'content-type': 'text/plain' },
    body: { kind: 'stream', start: (sink) => log.read(selection, sink) },
  }
}

/** Which run of the container is meant, or why there is none to read from. */
function runOf(
  status: ContainerStatus | undefined,
  { pod, container }: Asked,
  previous: boolean,
): { readonly containerId: string } | { readonly problem: string } {
  if (status === undefined) return { problem: `container "${container}" in pod "${pod}" is not available` }
  const { state = {}, lastState } = status
  const last = lastState?.terminated?.containerID ?? ''
  if (previous) {
    if (last !== '') return { containerId: last }
    return { problem: `previous terminated container "${container}" in pod "${pod}" not found` }
  }
  if (state.running !== undefined) return { containerId: status.containerID ?? '' }
  const ended = state.terminated?.containerID ?? ''
  if (ended !== '') return { containerId: ended }
  if (last !== '') return { containerId: last }
  const why = waitingTexts[state.waiting?.reason ?? ''] ?? state.waiting?.reason ?? 'no logs yet'
  return { problem: `container "${container}" in pod "${pod}" is waiting to start: ${why}` }
}

const waitingTexts: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
}

/** What of the log is wanted; a text where the query cannot be understood. */
function selectionOf(request: ApiRequest, nowMs: number): LogSelection | string {
  const tailLines = count(request, 'tailLines', 0)
  const limitBytes = count(request, 'limitBytes', 1)
  const sinceSeconds = count(request, 'sinceSeconds', 1)
  for (const parsed of [tailLines, limitBytes, sinceSeconds]) if (typeof parsed === 'string') return parsed
  const sinceTime = request.query.get('sinceTime')
  const sinceMs = sinceTime === null || sinceTime === '' ? undefined : parseTime(sinceTime)
  return {
    tailLines: tailLines as number | undefined,
    limitBytes: limitBytes as number | undefined,
    sinceMs: typeof sinceSeconds === 'number' ? nowMs - sinceSeconds * 1000 : sinceMs,
    timestamps: flag(request, 'timestamps'),
    follow: flag(request, 'follow'),
  }
}

function count(request: ApiRequest, name: string, least: number): number | undefined | string {
  const given = request.query.get(name)
  if (given === null || given === '') return undefined
  const value = Number(given)
  if (Number.isInteger(value) && value >= least) return value
  return `{"message": "Unable to decode the request for container logs: ${name} must be at least ${least}"}`
}
