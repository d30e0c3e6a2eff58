// What a container wants done right after its start and before its end. Upstream: pkg/kubelet/lifecycle/handlers.go.

import { goText } from '../../api/go-text.ts'
import { type Clock, sleep } from '../../base/clock.ts'
import { podId } from '../pod-plan.ts'
import { execIn } from './exec-in.ts'
import { askOf, httpGet } from './http-probe.ts'
import type { Handler } from './probe-spec.ts'
import type { ProbeParts, ProbeTarget } from './run-probe.ts'

export const hookLimits = {
  /** For the answer to a request; a command may take as long as its container lives. */
  httpMs: 60_000,
} as const

/** Rejects with an Error that says why it failed. Aborted, it is given up. */
export async function runHook(
  { clock, sessions }: ProbeParts,
  target: ProbeTarget,
  { exec, httpGet: get, sleep: pause, tcpSocket }: Handler,
  signal: AbortSignal,
): Promise<void> {
  if (exec !== undefined) {
    const options = { clock, timeoutMs: Number.POSITIVE_INFINITY, signal }
    const { exitCode, output } = await unlessAborted(execIn(sessions, target, exec.command ?? [], options), signal)
    if (exitCode === 0) return
    const command = (exec.command ?? []).join(' ')
    throw new HookFailure(`command '${command}' exited with ${exitCode}: ${output}`, output)
  }
  if (get !== undefined) {
    // Whatever the answer is: upstream does not look at its status.
    await unlessAborted(request(clock, target, get), signal)
    return
  }
  if (pause !== undefined) return sleep(clock, 1000 * pause.seconds, signal)
  throw new Error(`Invalid handler: ${tcpSocket === undefined ? 'none' : 'tcpSocket'}`)
}

/** What the waiting state of the container says. Upstream: HandlerRunner.Run. */
export function hookFailureText(
  { pod, container }: ProbeTarget,
  { exec, httpGet: get }: Handler,
  error: unknown,
): string {
  const why = error instanceof Error ? error.message : String(error)
  if (exec === undefined && get === undefined) return `Cannot run handler: ${why}`
  const what =
    exec === undefined
      ? `HTTP lifecycle hook (${get?.path ?? ''})`
      : `Exec lifecycle hook (${goText(exec.command ?? [])})`
  const who = `for Container ${JSON.stringify(container.name)} in Pod ${JSON.stringify(podId({ pod }))}`
  const output = error instanceof HookFailure ? error.output : ''
  return `${what} ${who} failed - error: ${why}, message: ${JSON.stringify(output)}`
}

class HookFailure extends Error {
  override name = 'HookFailure'
  readonly output: string

  constructor(message: string, output: string) {
    super(message)
    this.output = output
  }
}

function request(clock: Clock, target: ProbeTarget, get: NonNullable<Handler['httpGet']>) {
  return httpGet(askOf(get, target.container, target.podIP, 'lifecycle'), clock, hookLimits.httpMs)
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error('given up'))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
