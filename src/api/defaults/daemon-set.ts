// Defaults of a DaemonSet, in apps/v1 and in the old group (R1.4 to R1.6, section 1.6, W14.3).
// Upstream: pkg/apis/apps/v1/defaults.go and pkg/apis/extensions/v1beta1/defaults.go, SetDefaults_DaemonSet.

import { jsonClone } from '../../base/json.ts'
import type { DaemonSet } from '../types.ts'
import { defaultPodSpec } from './pod-spec.ts'

export function defaultDaemonSet(daemonSet: DaemonSet): void {
  defaultStrategy(daemonSet, 'RollingUpdate')
  defaultRest(daemonSet)
}

/** The old API takes selector and labels from the template, and replaces no pod by itself. */
export function defaultOldDaemonSet(daemonSet: DaemonSet): void {
  const { metadata, spec } = daemonSet
  const labels = spec?.template?.metadata?.labels
  if (labels !== undefined) {
    spec.selector ??= { matchLabels: jsonClone(labels) }
    if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = jsonClone(labels)
  }
  defaultStrategy(daemonSet, 'OnDelete')
  defaultRest(daemonSet)
}

/** R1.4: the numbers are filled in for RollingUpdate only. */
function defaultStrategy({ spec }: DaemonSet, type: string): void {
  if (spec === undefined) return
  const strategy = spec.updateStrategy ?? {}
  spec.updateStrategy = strategy
  strategy.type ||= type
  if (strategy.type !== 'RollingUpdate') return
  strategy.rollingUpdate ??= {}
  strategy.rollingUpdate.maxUnavailable ??= 1
  strategy.rollingUpdate.maxSurge ??= 0
}

function defaultRest(daemonSet: DaemonSet): void {
  const { spec } = daemonSet
  if (spec !== undefined) {
    spec.revisionHistoryLimit ??= 10
    if (spec.template?.spec !== undefined) defaultPodSpec(spec.template.spec)
  }
  daemonSet.status = {
    ...daemonSet.status,
    currentNumberScheduled: daemonSet.status?.currentNumberScheduled ?? 0,
    numberMisscheduled: daemonSet.status?.numberMisscheduled ?? 0,
    desiredNumberScheduled: daemonSet.status?.desiredNumberScheduled ?? 0,
    numberReady: daemonSet.status?.numberReady ?? 0,
  }
}
