// What changed, and which rows does it touch? A cell is one node's row together with all that is derived from it; the
// fleet keeps the sums over its cells, so that a decision reads sums and the few cells that need something.
// A full decision folds all rows into an empty fleet; an incremental one sets the rows that changed. Same result (I12).

import { Heap } from '../../base/heap.ts'
import { NameSet } from '../../base/name-set.ts'
import { Cell, validUntilMs } from './cell.ts'
import { repairsOf } from './repairs.ts'
import { isListed, type ListedStage, type Stage, stageOf } from './stage.ts'
import { addTo, type Counters, countersOf, type MutableCounters, noCounters } from './status.ts'
import { isFinished, type Row, type Target } from './survey.ts'

/** Why a cell that needs something is left alone until its row is set, or until then. */
export type Wait =
  /** The pod would not fit on the node: whoever follows the nodes sets the row when that may have changed. */
  | { readonly for: 'room' }
  /** A pod failed here, and was replaced not long ago (R4.14). */
  | { readonly for: 'failed pod'; readonly untilMs: number }
  /** The server took no pod for this node. */
  | { readonly for: 'creation'; readonly untilMs: number }

export class Fleet {
  #target: Target
  #nowMs: number
  readonly #cells = new Map<string, Cell>()
  /** Until then these cells stay as they are, unless their row changes; the others do for ever. */
  readonly #validUntilMs = new Map<string, number>()
  /** How many cells are at each stage, and which ones where somebody asks for them. */
  readonly #counts = new Map<Stage, number>()
  readonly #stages = new Map<ListedStage, NameSet>()
  readonly #toRepair = new NameSet()
  /** Of those to repair: they come first. */
  readonly #urgent = new NameSet()
  /** Those to repair that wait. */
  readonly #waits = new Map<string, Wait>()
  readonly #refused = new Map<string, string>()
  /** Nodes with an old pod that have no room for a new one beside it. */
  readonly #noRoomBeside = new Set<string>()
  #waitingForCreation = 0
  #failuresCountSince: number | undefined
  readonly #sums: MutableCounters = { ...noCounters }
  #deadlines = deadlines()
  #evaluated = 0
  #visited = 0

  constructor(target: Target, nowMs: number) {
    this.#target = target
    this.#nowMs = nowMs
  }

  get target(): Target {
    return this.#target
  }

  get nowMs(): number {
    return this.#nowMs
  }

  get counters(): Counters {
    return { ...this.#sums }
  }

  /** How many cells were worked out so far: the measure of what an event costs (C12). */
  get evaluated(): number {
    return this.#evaluated
  }

  /** How many rows were read so far by somebody who decides: the other half of what an event costs (C12). */
  get visited(): number {
    return this.#visited
  }

  /** Of nodes that miss their pod, by node: why it would not fit. */
  get refused(): ReadonlyMap<string, string> {
    return this.#refused
  }

  /** Nodes that miss a pod because the server took none. */
  get waitingForCreation(): number {
    return this.#waitingForCreation
  }

  /** How many moments are waited for, those that are no longer due among them. */
  get deadlines(): number {
    return this.#deadlines.size
  }

  rows(): Row[] {
    return [...this.#cells.values()]
  }

  /** Rows that `manage` has something to do for: urgent ones first, by node name. The caller may let a row wait. */
  *rowsToRepair(): Generator<Row, void, void> {
    for (const node of this.#urgent) yield this.#visit(node)
    for (const node of this.#toRepair) if (!this.#urgent.has(node)) yield this.#visit(node)
  }

  /** Whatever this node needs is needed first. */
  hurry(node: string): void {
    if (this.#toRepair.has(node)) this.#urgent.add(node)
  }

  isUrgent(node: string): boolean {
    return this.#urgent.has(node)
  }

  /** What is to be repaired here is left alone for a while. */
  wait(node: string, wait: Wait): void {
    if (!this.#toRepair.has(node)) return
    // A pod that ended here has a time of its own.
    if (wait.for !== 'failed pod' && this.#cells.get(node)!.pods.some(isFinished)) return
    this.#toRepair.delete(node)
    this.#urgent.delete(node)
    this.#waits.set(node, wait)
    if (wait.for !== 'room') this.#expectAt(wait.untilMs, node)
    if (wait.for === 'creation') this.#waitingForCreation++
  }

  /** The pod would not fit here. */
  refuse(node: string, because: string): void {
    if (this.#needsRepair(node)) this.#refused.set(node, because)
    else this.#noRoomBeside.add(node)
    this.wait(node, { for: 'room' })
  }

  /** It was asked, and nothing has changed there since. */
  hasRefused(node: string): boolean {
    return this.#refused.has(node) || this.#noRoomBeside.has(node)
  }

  /** A new generation of the DaemonSet counts failures anew: nobody waits for what failed before (R4.13). */
  countFailuresSince(generation: number): void {
    if (this.#failuresCountSince === generation) return
    this.#failuresCountSince = generation
    for (const [node, wait] of this.#waits) {
      if (wait.for !== 'failed pod') continue
      this.#endWait(node)
      this.#toRepair.add(node)
    }
  }

  count(...stages: readonly Stage[]): number {
    return stages.reduce((sum, stage) => sum + (this.#counts.get(stage) ?? 0), 0)
  }

  /** The first rows at these stages, by node name; all of them where no count is given. */
  rowsAt(stages: readonly ListedStage[], count = Number.POSITIVE_INFINITY): Row[] {
    const nodes = stages.flatMap((stage) => this.#stages.get(stage)?.first(count) ?? [])
    if (stages.length > 1) nodes.sort()
    return (nodes.length > count ? nodes.slice(0, count) : nodes).map((node) => this.#visit(node))
  }

  /** Takes in a node's row as it is now; undefined: nothing to say about this node any more. */
  set(node: string, row: Row | undefined): void {
    const before = this.#cells.get(node)
    if (before !== undefined) this.#takeOut(before)
    // A whole decision does this for every node, and hardly one of them waits.
    if (this.#waits.size + this.#refused.size + this.#noRoomBeside.size > 0) {
      this.#endWait(node)
      this.#refused.delete(node)
      this.#noRoomBeside.delete(node)
    }
    if (row === undefined) {
      this.#cells.delete(node)
      this.#urgent.delete(node)
      return
    }
    this.#putIn(row)
  }

  /** Measures every row anew where the template, its revision or how readiness counts has changed. */
  retarget(target: Target): void {
    if (sameTarget(this.#target, target)) return
    this.#target = target
    for (const row of this.rows()) this.set(row.node, row)
  }

  /** Lets time pass: pods become available by waiting. */
  advance(nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs)
    for (let due = this.#deadlines.peek(); due !== undefined && due.atMs <= this.#nowMs; due = this.#deadlines.peek()) {
      this.#deadlines.pop()
      if (this.#isExpected(due)) this.set(due.node, this.#cells.get(due.node)!)
    }
  }

  /** When a cell changes by waiting alone. */
  nextChangeMs(): number | undefined {
    for (let due = this.#deadlines.peek(); due !== undefined; due = this.#deadlines.peek()) {
      if (this.#isExpected(due)) return due.atMs
      this.#deadlines.pop()
    }
    return undefined
  }

  #visit(node: string): Row {
    this.#visited++
    return this.#cells.get(node)!
  }

  /** Works out everything that a row alone decides. */
  #putIn({ node, placement, pods }: Row): void {
    this.#evaluated++
    // A plain row, also of what is a cell already: its pods are read several times.
    const row = { node, placement, pods }
    const [target, nowMs] = [this.#target, this.#nowMs]
    const stage = stageOf(row, target, nowMs)
    const cell = new Cell(row, stage, countersOf(row, target, nowMs))
    this.#cells.set(node, cell)
    addTo(this.#sums, cell.counters, 1)
    if (repairsOf(row, target, nowMs).length > 0) this.#toRepair.add(node)
    else if (this.#urgent.size > 0) this.#urgent.delete(node)
    this.#counts.set(stage, (this.#counts.get(stage) ?? 0) + 1)
    if (isListed(stage)) this.#nodesAt(stage).add(node)
    const untilMs = validUntilMs(row, target, nowMs)
    if (untilMs === undefined) return
    this.#validUntilMs.set(node, untilMs)
    this.#expectAt(untilMs, node)
  }

  #needsRepair(node: string): boolean {
    return this.#toRepair.has(node) || this.#waits.has(node)
  }

  #expectAt(atMs: number, node: string): void {
    this.#deadlines.push({ atMs, node })
    // Deadlines of rows that changed since lie in the heap until they come up: before they are the majority, all is
    // heaped anew.
    if (this.#deadlines.size <= 2 * (this.#cells.size + this.#waits.size) + 64) return
    this.#deadlines = deadlines()
    for (const [node, atMs] of this.#validUntilMs) this.#deadlines.push({ atMs, node })
    for (const [name, wait] of this.#waits) {
      if (wait.for !== 'room') this.#deadlines.push({ atMs: wait.untilMs, node: name })
    }
  }

  #isExpected({ atMs, node }: Deadline): boolean {
    if (this.#validUntilMs.get(node) === atMs) return true
    const wait = this.#waits.get(node)
    return wait !== undefined && wait.for !== 'room' && wait.untilMs === atMs
  }

  #endWait(node: string): void {
    const wait = this.#waits.get(node)
    if (wait === undefined) return
    this.#waits.delete(node)
    if (wait.for === 'creation') this.#waitingForCreation--
  }

  #takeOut(cell: Cell): void {
    const { node, stage } = cell
    addTo(this.#sums, cell.counters, -1)
    this.#toRepair.delete(node)
    if (this.#validUntilMs.size > 0) this.#validUntilMs.delete(node)
    this.#counts.set(stage, this.#counts.get(stage)! - 1)
    if (isListed(stage)) this.#stages.get(stage)!.delete(node)
  }

  #nodesAt(stage: ListedStage): NameSet {
    const known = this.#stages.get(stage)
    if (known !== undefined) return known
    const nodes = new NameSet()
    this.#stages.set(stage, nodes)
    return nodes
  }
}

function sameTarget(a: Target, b: Target): boolean {
  return (
    a.hash === b.hash &&
    a.templateGeneration === b.templateGeneration &&
    a.minReadySeconds === b.minReadySeconds &&
    a.surge === b.surge
  )
}

interface Deadline {
  readonly atMs: number
  readonly node: string
}

function deadlines(): Heap<Deadline> {
  return new Heap((a, b) => a.atMs < b.atMs)
}
