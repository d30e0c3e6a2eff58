// Where an update stands, in kubectl's words (R10.8), and that it is paused, which kubectl knows nothing of. Upstream: polymorphichelpers/rollout_status.go.
import { type DaemonSet, pausedAnnotation } from '../../api/types.ts'
import { CommandError } from '../command-error.ts'

export interface RolloutState {
  readonly text: string
  readonly done: boolean
}

export function rolloutState({ metadata, spec, status }: DaemonSet): RolloutState {
  if (spec.updateStrategy?.type !== 'RollingUpdate') {
    throw new CommandError('rollout status is only available for RollingUpdate strategy type')
  }
  const { desiredNumberScheduled: desired = 0, updatedNumberScheduled: updated = 0, numberAvailable = 0 } = status ?? {}
  const waiting = (text: string) => ({ text: `Waiting for daemon set ${text}...`, done: false })
  const isPaused = metadata.annotations?.[pausedAnnotation] === 'true'
  const rollout = `"${metadata.name}" rollout to finish:${isPaused ? ' it is paused,' : ''}`
  if ((metadata.generation ?? 0) > (status?.observedGeneration ?? 0)) return waiting('spec update to be observed')
  if (updated < desired) return waiting(`${rollout} ${updated} out of ${desired} new pods have been updated`)
  if (numberAvailable < desired)
    return waiting(`${rollout} ${numberAvailable} of ${desired} updated pods are available`)
  return { text: `daemon set "${metadata.name}" successfully rolled out`, done: true }
}
