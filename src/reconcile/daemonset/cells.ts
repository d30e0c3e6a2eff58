// What changed, and which rows does it touch? A cell is one node's row together with all that is derived from it; the
// fleet keeps the sums over its cells, so that a decision reads sums and the few cells that need something.
// A full decision folds all rows into an empty fleet; an incremental one sets the rows that changed. Same result (I12).

import { Heap } from '../../base/heap.ts'
import { NameSet } from '../../base/name-set.ts'
import { repairsOf } from './repairs.ts'
import { type Stage, stageOf } from './stage.ts'
import { addCounters, type Counters, countersOf, noCounters, subtractCounters } from './status.ts'
import { availableAtMs, isAvailable, type Row, type Target } from './survey.ts'

export interface Cell {
  readonly row: Row
  readonly stage: Stage
  readonly counters: Counters
  /** `manage` has something to do here, now or when a failed pod's wait is over. */
  readonly needsRepair: boolean
  /** Until then this cell stays as it is, unless its row changes. */
  readonly validUntilMs: number
}

export class Fleet {
  #target: Target
  #nowMs: number
  readonly #cells = new Map<string, Cell>()
  readonly #stages = new Map<Stage, NameSet>()
  readonly #toRepair = new NameSet()
  #counters: Counters = noCounters
  #deadlines = deadlines()
  #evaluated = 0

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
    return this.#counters
  }

  /** How many cells were worked out so far: the measure of what an event costs (C12). */
  get evaluated(): number {
    return this.#evaluated
  }

  get size(): number {
    return this.#cells.size
  }

  /** How many moments are waited for, those that are no longer due among them. */
  get deadlines(): number {
    return this.#deadlines.size
  }

  row(node: string): Row | undefined {
    return this.#cells.get(node)?.row
  }

  rows(): Row[] {
    return [...this.#cells.values()].map((cell) => cell.row)
  }

  /** Rows that `manage` has something to do for, by node name. */
  *rowsToRepair(): Generator<Row, void, void> {
    for (const node of this.#toRepair) yield this.#cells.get(node)!.row
  }

  count(...stages: readonly Stage[]): number {
    return stages.reduce((sum, stage) => sum + (this.#stages.get(stage)?.size ?? 0), 0)
  }

  /** The first rows at these stages, by node name; all of them where no count is given. */
  rowsAt(stages: readonly Stage[], count = Number.POSITIVE_INFINITY): Row[] {
    const nodes = stages.flatMap((stage) => this.#stages.get(stage)?.first(count) ?? [])
    if (stages.length > 1) nodes.sort()
    return (nodes.length > count ? nodes.slice(0, count) : nodes).map((node) => this.#cells.get(node)!.row)
  }

  /** Takes in a node's row as it is now; undefined: nothing to say about this node any more. */
  set(node: string, row: Row | undefined): void {
    const before = this.#cells.get(node)
    if (before !== undefined) this.#takeOut(before)
    if (row === undefined) {
      this.#cells.delete(node)
      return
    }
    this.#evaluated++
    this.#putIn(cellOf(row, this.#target, this.#nowMs))
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
      const cell = this.#cells.get(due.node)
      if (cell?.validUntilMs === due.atMs) this.set(due.node, cell.row)
    }
  }

  /** When a cell changes by waiting alone. */
  nextChangeMs(): number | undefined {
    for (let due = this.#deadlines.peek(); due !== undefined; due = this.#deadlines.peek()) {
      if (this.#cells.get(due.node)?.validUntilMs === due.atMs) return due.atMs
      this.#deadlines.pop()
    }
    return undefined
  }

  #putIn(cell: Cell): void {
    const { node } = cell.row
    this.#cells.set(node, cell)
    this.#counters = addCounters(this.#counters, cell.counters)
    if (cell.needsRepair) this.#toRepair.add(node)
    if (cell.stage !== 'out') this.#nodesAt(cell.stage).add(node)
    if (cell.validUntilMs === Number.POSITIVE_INFINITY) return
    this.#deadlines.push({ atMs: cell.validUntilMs, node })
    // Deadlines of rows that changed since lie in the heap until they come up: before they are the majority, all is
    // heaped anew.
    if (this.#deadlines.size <= 2 * this.#cells.size + 64) return
    this.#deadlines = deadlines()
    for (const { row, validUntilMs } of this.#cells.values()) {
      if (validUntilMs !== Number.POSITIVE_INFINITY) this.#deadlines.push({ atMs: validUntilMs, node: row.node })
    }
  }

  #takeOut(cell: Cell): void {
    const { node } = cell.row
    this.#counters = subtractCounters(this.#counters, cell.counters)
    this.#toRepair.delete(node)
    this.#stages.get(cell.stage)?.delete(node)
  }

  #nodesAt(stage: Stage): NameSet {
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

function deadlines(): Heap<{ readonly atMs: number; readonly node: string }> {
  return new Heap((a, b) => a.atMs < b.atMs)
}

/** Everything that a row alone decides. */
function cellOf(row: Row, target: Target, nowMs: number): Cell {
  return {
    row,
    stage: stageOf(row, target, nowMs),
    counters: countersOf(row, target, nowMs),
    needsRepair: repairsOf(row, target, nowMs).length > 0,
    validUntilMs: validUntilMs(row, target, nowMs),
  }
}

function validUntilMs(row: Row, target: Target, nowMs: number): number {
  let untilMs = Number.POSITIVE_INFINITY
  for (const pod of row.pods) {
    if (isAvailable(pod, target, nowMs)) continue
    untilMs = Math.min(untilMs, availableAtMs(pod, target) ?? untilMs)
  }
  return untilMs
}
