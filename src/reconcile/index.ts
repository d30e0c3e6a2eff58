// What outsiders may decide with (`everynode/reconcile`): facts in, plans out, no clock and no network.

export type { Budget } from './daemonset/budget.ts'
export { Fleet } from './daemonset/cells.ts'
export { type FailedPod, type FailedPods, failedPodBackoff } from './daemonset/failed-pods.ts'
export { type Needs, needsOf, type Room, roomOf, whyNoRoom } from './daemonset/fit.ts'
export {
  type Fit,
  fitOn,
  type Placement,
  type PlacementRules,
  placementOn,
  placementRules,
} from './daemonset/placement.ts'
export { type Action, type Plan, type PodAction, printAction, printPlan } from './daemonset/plan.ts'
export type { PodNames } from './daemonset/pod-names.ts'
export { type PlacementMode, podMaker } from './daemonset/pod-template.ts'
export { decide, type Known, reconcile } from './daemonset/reconcile.ts'
export { revisionData, revisionDataText, templateOfRevision } from './daemonset/revision-data.ts'
export { revisionHash } from './daemonset/revision-hash.ts'
export {
  type DaemonSetFacts,
  daemonSetFacts,
  type NodeFacts,
  nodeFacts,
  type PodFacts,
  podFacts,
  type RevisionFacts,
  revisionFacts,
  type Snapshot,
} from './daemonset/snapshot.ts'
export type { Counters } from './daemonset/status.ts'
