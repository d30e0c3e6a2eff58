// One asking of one probe: by a command in the container, over HTTP, TCP or gRPC.
// Upstream: pkg/kubelet/prober/prober.go, runProbe.

import type { Clock } from '../../base/clock.ts'
import type { ContainerPlace, RuntimeSessions } from '../runtime.ts'
import { execIn } from './exec-in.ts'
import { grpcProblem } from './grpc-probe.ts'
import { askOf, httpGet } from './http-probe.ts'
import { type Probe, portOf } from './probe-spec.ts'
import { tcpProblem } from './tcp-probe.ts'

export interface Outcome {
  readonly result: 'success' | 'warning' | 'failure'
  /** Of a warning and a failure: what the event says. */
  readonly output: string
}

export interface ProbeParts {
  readonly clock: Clock
  readonly sessions: RuntimeSessions | undefined
}

export interface ProbeTarget extends ContainerPlace {
  readonly podIP: string
}

const success: Outcome = { result: 'success', output: '' }
const failure = (output: string): Outcome => ({ result: 'failure', output })

/** Rejects where it could not be asked at all: that counts for nothing. */
export async function runProbe(parts: ProbeParts, target: ProbeTarget, probe: Probe): Promise<Outcome> {
  const { clock, sessions } = parts
  const { container, podIP } = target
  const timeoutMs = 1000 * (probe.timeoutSeconds ?? 1)
  const { exec, httpGet: get, tcpSocket, grpc } = probe
  if (exec !== undefined) {
    const { command = [] } = exec
    const { exitCode, output } = await execIn(sessions, target, command, { clock, timeoutMs })
    if (exitCode === undefined) return failure(`command ${JSON.stringify(command.join(' '))} timed out`)
    return exitCode === 0 ? success : failure(output)
  }
  if (get !== undefined) return overHttp(parts, target, get, timeoutMs)
  if (tcpSocket !== undefined) {
    const port = portOf(tcpSocket.port, container)
    const problem = await tcpProblem(tcpSocket.host || podIP, port, clock, timeoutMs)
    return problem === undefined ? success : failure(problem)
  }
  if (grpc !== undefined) {
    const problem = await grpcProblem(podIP, grpc.port, grpc.service ?? '', clock, timeoutMs)
    return problem === undefined ? success : failure(problem)
  }
  throw new Error('missing probe handler')
}

async function overHttp(
  { clock }: ProbeParts,
  { container, podIP }: ProbeTarget,
  get: NonNullable<Probe['httpGet']>,
  timeoutMs: number,
): Promise<Outcome> {
  const ask = askOf(get, container, podIP, 'probe')
  try {
    const { status, body } = await httpGet(ask, clock, timeoutMs)
    if (status < 200 || status >= 400) return failure(`HTTP probe failed with statuscode: ${status}`)
    if (status < 300) return success
    // It leads to another host, and we do not go there.
    return { result: 'warning', output: `Probe terminated redirects, Response body: ${body}` }
  } catch (error) {
    return failure(error instanceof Error ? error.message : String(error))
  }
}
