// What the results of its probes say about one run of a container: whether it has started, whether it is ready, whether
// it is to be ended. Pure. Upstream: pkg/kubelet/prober/worker.go, doProbe, and prober_manager.go, UpdatePodStatus.

import type { Container } from '../../api/types.ts'
import { type ProbeKind, probeOf } from './probe-spec.ts'

export interface Health {
  readonly started: boolean
  readonly ready: boolean
  /** By which probe; nothing is probed for it any more, because the run is over. */
  readonly condemnedBy: 'startup' | 'liveness' | undefined
  /** The same result how many times in a row. */
  readonly runs: Partial<Readonly<Record<ProbeKind, Run>>>
}

interface Run {
  readonly succeeded: boolean
  readonly times: number
}

/** Of a run that has just begun. */
export function newHealth(container: Container): Health {
  const started = probeOf(container, 'startup') === undefined
  const ready = started && probeOf(container, 'readiness') === undefined
  return { started, ready, condemnedBy: undefined, runs: {} }
}

/** Which of its probes are to be asked now. */
export function isAsked(health: Health, kind: ProbeKind): boolean {
  // One that is being ended keeps being asked whether it is ready, as upstream does.
  if (health.condemnedBy !== undefined) return kind === 'readiness' && health.started
  return kind === 'startup' ? !health.started : health.started
}

export function judge(health: Health, container: Container, kind: ProbeKind, succeeded: boolean): Health {
  const probe = probeOf(container, kind)
  if (probe === undefined || !isAsked(health, kind)) return health
  const before = health.runs[kind]
  const times = before?.succeeded === succeeded ? before.times + 1 : 1
  const counted = { ...health, runs: { ...health.runs, [kind]: { succeeded, times } } }
  const { successThreshold = 1, failureThreshold = 3 } = probe
  if (times < (succeeded ? successThreshold : failureThreshold)) return counted
  switch (kind) {
    case 'startup': {
      if (!succeeded) return { ...counted, condemnedBy: kind }
      return { ...counted, started: true, ready: probeOf(container, 'readiness') === undefined }
    }
    case 'liveness':
      return succeeded ? counted : { ...counted, condemnedBy: kind }
    case 'readiness':
      return counted.ready === succeeded ? counted : { ...counted, ready: succeeded }
    default:
      return kind satisfies never
  }
}
