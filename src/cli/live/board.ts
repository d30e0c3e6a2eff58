// What the live table knows: for every DaemonSet and node one cell, and the counts a person asks for first. Pure, made
// from the objects as they are; who draws it is view.ts, who follows the objects is follow.ts.
import { conditionOf } from '../../api/pods.ts'
import {
  type DaemonSet,
  type Node,
  type Pod,
  templateGenerationAnnotation,
  templateGenerationLabel,
} from '../../api/types.ts'
import { podState } from '../../apiserver/table/pod-state.ts'
import { sortedBy } from '../../base/sorted.ts'
import { keyOf } from '../../client/cache.ts'
import { type PlacementRules, placementOn, placementRules } from '../../reconcile/daemonset/placement.ts'
import { nodeFacts } from '../../reconcile/daemonset/snapshot.ts'

export type CellState =
  /** Serves. */
  | 'ready'
  /** On its way. */
  | 'starting'
  | 'stopping'
  /** Crashes, does not get its image, ended. */
  | 'failing'
  /** Wanted here, and not here. */
  | 'missing'
  /** Not wanted here, and not here. */
  | 'out'

export interface BoardCell {
  readonly state: CellState
  /** As `kubectl get pods` says it; `-` where no pod is wanted. */
  readonly text: string
  /** The pod is of an older template. */
  readonly old: boolean
}

export interface BoardColumn {
  readonly key: string
  readonly namespace: string
  readonly name: string
  readonly strategy: string
  /** What runs its pods: what they name, else what their nodes have. `simulated`, `process`, `cri` … */
  readonly runtime: string
  /** The controller has seen its latest change. */
  readonly observed: boolean
  /** One cell a node, in the order of the board's nodes. */
  readonly cells: readonly BoardCell[]
  readonly desired: number
  readonly ready: number
  readonly updated: number
}

export interface BoardNode {
  readonly name: string
  /** Ready, and taken for ready by the controllers: daemon pods may come. */
  readonly ready: boolean
  /** `Ready`, `NotReady,SchedulingDisabled` … */
  readonly status: string
  /** Of pods that name none: `simulated`, `process`, `containerd` …; empty where the node has not said. */
  readonly runtime: string
}

export interface Board {
  readonly nodes: readonly BoardNode[]
  readonly columns: readonly BoardColumn[]
}

export interface BoardFacts {
  readonly nodes: readonly Node[]
  readonly daemonSets: readonly DaemonSet[]
  /** Controlled by this DaemonSet, on any node. */
  readonly podsOf: (daemonSet: DaemonSet) => readonly Pod[]
}

export function boardOf(facts: BoardFacts): Board {
  const nodes = sortedBy(facts.nodes, (node) => naturalKey(node.metadata.name ?? ''))
  const boardNodes = nodes.map(boardNode)
  const runtime = [...new Set(boardNodes.map(({ runtime }) => runtime))].filter((name) => name !== '').join(',')
  return {
    nodes: boardNodes,
    columns: sortedBy(facts.daemonSets, keyOf).map((daemonSet) =>
      columnOf(daemonSet, nodes, facts.podsOf(daemonSet), runtime),
    ),
  }
}

/** Whether all that is wanted is there and serves, and the controller agrees. */
export function isSettled(column: BoardColumn): boolean {
  return column.observed && column.cells.every((cell) => cell.state === 'ready' || cell.state === 'out')
}

/** Nothing is on its way any more: what is not well will not be well by itself. */
export function isAtRest(board: Board): boolean {
  const resting = new Set<CellState>(['ready', 'out', 'failing'])
  const { nodes, columns } = board
  if (nodes.length === 0 || nodes.some((node) => !node.ready)) return false
  return columns.every((column) => column.observed && column.cells.every(({ state }) => resting.has(state)))
}

function columnOf(
  daemonSet: DaemonSet,
  nodes: readonly Node[],
  pods: readonly Pod[],
  runtimeOfNodes: string,
): BoardColumn {
  const rules = placementRules(daemonSet.spec.template)
  const podByNode = new Map<string, Pod>()
  for (const pod of pods) {
    const node = pod.spec.nodeName ?? ''
    const known = podByNode.get(node)
    // During a surge or a replacement two pods stand on a node: the one that stays speaks for it.
    if (known === undefined || known.metadata.deletionTimestamp !== undefined) podByNode.set(node, pod)
  }
  const generation = daemonSet.metadata.annotations?.[templateGenerationAnnotation]
  const cells = nodes.map((node) => cellOf(node, rules, podByNode.get(node.metadata.name ?? ''), generation))
  return {
    key: keyOf(daemonSet),
    namespace: daemonSet.metadata.namespace ?? '',
    name: daemonSet.metadata.name ?? '',
    strategy: daemonSet.spec.updateStrategy?.type ?? 'RollingUpdate',
    runtime: daemonSet.spec.template.spec.runtimeClassName ?? runtimeOfNodes,
    observed: (daemonSet.status?.observedGeneration ?? 0) >= (daemonSet.metadata.generation ?? 0),
    cells,
    desired: cells.filter((cell) => cell.state !== 'out').length,
    ready: cells.filter((cell) => cell.state === 'ready').length,
    updated: cells.filter((cell) => cell.state !== 'out' && cell.state !== 'missing' && !cell.old).length,
  }
}

function cellOf(node: Node, rules: PlacementRules, pod: Pod | undefined, generation: string | undefined): BoardCell {
  if (pod === undefined) {
    return placementOn(nodeFacts(node), rules) === 'run'
      ? { state: 'missing', text: 'none yet', old: false }
      : { state: 'out', text: '-', old: false }
  }
  const old = generation !== undefined && pod.metadata.labels?.[templateGenerationLabel] !== generation
  return { state: stateOf(pod), text: podState(pod).status, old }
}

const onItsWay = new Set(['Pending', 'ContainerCreating', 'PodInitializing', 'Running'])

function stateOf(pod: Pod): CellState {
  if (pod.metadata.deletionTimestamp !== undefined) return 'stopping'
  if (conditionOf(pod.status, 'Ready')?.status === 'True') return 'ready'
  const text = podState(pod).status
  return onItsWay.has(text) || text.startsWith('Init:') ? 'starting' : 'failing'
}

function boardNode(node: Node): BoardNode {
  const isReady = conditionOf(node.status, 'Ready')?.status === 'True'
  const isTainted = node.spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/not-ready') ?? false
  return {
    name: node.metadata.name ?? '',
    ready: isReady && !isTainted,
    status: `${isReady ? 'Ready' : 'NotReady'}${node.spec?.unschedulable === true ? ',SchedulingDisabled' : ''}`,
    runtime: node.status?.nodeInfo?.containerRuntimeVersion?.split('://')[0] ?? '',
  }
}

/** So that node-10 comes after node-9. */
function naturalKey(name: string): string {
  return name.replace(/\d+/g, (digits) => digits.padStart(8, '0'))
}
