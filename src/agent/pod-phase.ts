// The one word for a pod's state. Upstream: pkg/kubelet/kubelet_pods.go, getPhase and generateAPIPodStatus.

import type { ContainerRecord, Ended, PodState } from './pod-state.ts'

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

export function phaseOf(state: PodState): PodPhase {
  if (state.rejection !== undefined) return 'Failed'
  // What has ended stays ended, whoever said so.
  const known = state.pod.status?.phase
  if (known === 'Failed' || known === 'Succeeded') return known
  const { init, main } = state
  const policy = state.pod.spec.restartPolicy ?? 'Always'
  const runsAgain = policy !== 'Never' && state.deletion === undefined
  for (const record of init) {
    const ended = endOf(record)
    if (record.role === 'sidecar' || (ended !== undefined && ended.exitCode === 0)) continue
    return ended !== undefined && !runsAgain ? 'Failed' : 'Pending'
  }
  if (main.some((record) => record.now.at !== 'running' && endOf(record) === undefined)) return 'Pending'
  if ([...init, ...main].some(({ now }) => now.at === 'running')) return 'Running'
  const failed = main.some((record) => endOf(record)?.exitCode !== 0)
  if (state.deletion !== undefined) return failed ? 'Failed' : 'Succeeded'
  // What its liveness probe has ended goes on, however well it ended.
  const goesOn = main.some(({ now }) => now.at !== 'ended' || now.restartAtMs !== undefined)
  if (policy === 'Always' || goesOn) return 'Running'
  if (!failed) return 'Succeeded'
  return policy === 'Never' ? 'Failed' : 'Running'
}

/** How the run that is over has ended, while no other one runs. */
export function endOf({ now, last }: ContainerRecord): Ended | undefined {
  switch (now.at) {
    case 'running':
      return undefined
    case 'ended':
    case 'backing off':
      return now.ended
    case 'waiting':
    case 'starting':
    case 'refused':
      return last
    default:
      return now satisfies never
  }
}
