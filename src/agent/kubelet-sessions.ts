// What an agent answers when somebody wants into one of its containers: exec, attach, port-forward. It says who is meant
// and whether it runs; the runtime does it. Upstream: pkg/kubelet/server/server.go, getExec, getAttach, getPortForward.

import type { Session } from '../api/session.ts'
import type { Pod } from '../api/types.ts'
import type { ApiRequest, ApiResponse } from '../api/wire.ts'
import { find, flag, text } from './kubelet-answer.ts'
import type { KubeletApiOptions } from './kubelet-api.ts'
import { containerOf } from './pod-state.ts'
import type { PodWorker } from './pod-worker.ts'
import type { ContainerPlace, RuntimeSessions } from './runtime.ts'

/** Undefined where the path is none of them. */
export function openSession(
  { runtime, workers }: KubeletApiOptions,
  request: ApiRequest,
  path: readonly string[],
): ApiResponse | undefined {
  const [, action = '', namespace = '', pod = '', container = ''] = path
  if (action !== 'exec' && action !== 'attach' && action !== 'portForward') return undefined
  const { sessions } = runtime
  if (sessions === undefined) return text(501, `${action} is not supported by ${runtime.version}`)
  const worker = find(workers(), { namespace, pod, container })
  if (worker === undefined) return text(404, 'pod does not exist')
  if (action === 'portForward') return opened(portSession(sessions, worker.pod, request))
  const place = placeOf(worker, container)
  // Upstream: pkg/kubelet/kubelet_pods.go, GetExec.
  if (place === undefined) return text(500, `container not found ("${container}")`)
  const wants = {
    stdin: flag(request, 'input'),
    stdout: flag(request, 'output'),
    // A terminal has one output. Upstream: kubelet/pkg/cri/streaming/remotecommand, NewOptions.
    stderr: flag(request, 'error') && !flag(request, 'tty'),
    tty: flag(request, 'tty'),
  }
  if (!wants.stdin && !wants.stdout && !wants.stderr) {
    return text(400, 'you must specify at least 1 of stdin, stdout, stderr')
  }
  const command = request.query.getAll('command')
  return opened({
    kind: 'container',
    wants,
    run: async (streams) => {
      try {
        return await (action === 'exec' ? sessions.exec(place, command, streams) : sessions.attach(place, streams))
      } catch (error) {
        return { ended: 'failure', message: messageOf(error) }
      }
    },
  })
}

/** Undefined where the container does not run. */
function placeOf(worker: PodWorker, name: string): ContainerPlace | undefined {
  const { pod, status } = worker
  const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  const running = statuses.find((one) => one.name === name && one.state?.running !== undefined)
  const container = containerOf(pod, name)
  if (running?.containerID === undefined || container === undefined) return undefined
  return { pod, container, containerId: running.containerID }
}

function portSession(sessions: RuntimeSessions, pod: Pod, request: ApiRequest): Session {
  return {
    kind: 'ports',
    ports: request.query.getAll('port').map(Number),
    connect: async (port, connection) => {
      try {
        await sessions.connect(pod, port, connection)
        return undefined
      } catch (error) {
        const { name, uid } = pod.metadata
        return `error forwarding port ${port} to pod ${name}, uid ${uid}: ${messageOf(error)}`
      }
    },
    // A runtime that cannot tell any more has lost the pod.
    over: (gone) => sessions.sandboxClosed(pod, gone).catch(() => {}),
  }
}

/** Whatever a runtime throws ends this session, and nothing else. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function opened(session: Session): ApiResponse {
  return { status: 101, headers: {}, body: { kind: 'bytes', bytes: nothing }, upgrade: { session, ended() {} } }
}

const nothing = new Uint8Array()
