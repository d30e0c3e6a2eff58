// Which DaemonSets does a change of a node concern? Those that place their pods by the same rules are asked once, and
// only where the change touches what the rules look at.

import { jsonEqual } from '../../base/json.ts'
import { type Placement, type PlacementRules, placementOn } from '../../reconcile/daemonset/placement.ts'
import type { NodeFacts } from '../../reconcile/daemonset/snapshot.ts'

interface PlacementClass {
  readonly rules: PlacementRules
  readonly keys: Set<string>
}

export interface Concerned {
  readonly keys: ReadonlySet<string>
  /** Undefined: there was, or there is, no such node. */
  readonly before: Placement | undefined
  readonly after: Placement | undefined
}

export class PlacementClasses {
  readonly #classes = new Map<string, PlacementClass>()
  readonly #classOf = new Map<string, PlacementClass>()
  /** By a label that a node must have, `key=value`; '' where none is asked for. */
  readonly #classesByLabel = new Map<string, Set<PlacementClass>>()

  /** How many times a node was held against rules (C12). */
  evaluated = 0

  set(key: string, rules: PlacementRules): void {
    if (this.#classOf.get(key)?.rules.text === rules.text) return
    this.delete(key)
    let found = this.#classes.get(rules.text)
    if (found === undefined) {
      found = { rules, keys: new Set() }
      this.#classes.set(rules.text, found)
      const label = wantedLabel(rules)
      const alike = this.#classesByLabel.get(label)
      if (alike === undefined) this.#classesByLabel.set(label, new Set([found]))
      else alike.add(found)
    }
    found.keys.add(key)
    this.#classOf.set(key, found)
  }

  delete(key: string): void {
    const found = this.#classOf.get(key)
    if (found === undefined) return
    this.#classOf.delete(key)
    found.keys.delete(key)
    if (found.keys.size > 0) return
    this.#classes.delete(found.rules.text)
    const label = wantedLabel(found.rules)
    const alike = this.#classesByLabel.get(label)!
    alike.delete(found)
    if (alike.size === 0) this.#classesByLabel.delete(label)
  }

  /**
   * The classes for which the node is another than it was. Those that select a label which the node does not have, and did
   * not have, are not even asked: to them it is 'leave', also when it comes or goes.
   */
  concernedBy(before: NodeFacts | undefined, after: NodeFacts | undefined): Concerned[] {
    const touches = before !== undefined && after !== undefined ? whatTouches(before, after) : () => true
    if (touches === undefined) return []
    const concerned: Concerned[] = []
    for (const { rules, keys } of this.#thatMaySelect(before, after)) {
      if (!touches(rules)) continue
      const was = this.#place(before, rules)
      const is = this.#place(after, rules)
      if (was !== is) concerned.push({ keys, before: was, after: is })
    }
    return concerned
  }

  *#thatMaySelect(before: NodeFacts | undefined, after: NodeFacts | undefined): Generator<PlacementClass, void, void> {
    const labels = new Set(['', ...labelsOf(before), ...labelsOf(after)])
    for (const label of labels) yield* this.#classesByLabel.get(label) ?? []
  }

  #place(node: NodeFacts | undefined, rules: PlacementRules): Placement | undefined {
    if (node === undefined) return undefined
    this.evaluated++
    return placementOn(node, rules)
  }
}

/** R2.16: only labels and taints count, and of the labels those that the rules name; undefined: nothing that counts. */
function whatTouches(before: NodeFacts, after: NodeFacts): ((rules: PlacementRules) => boolean) | undefined {
  if (!jsonEqual(before.taints, after.taints)) return () => true
  const changed = [...new Set([...Object.keys(before.labels), ...Object.keys(after.labels)])].filter(
    (key) => before.labels[key] !== after.labels[key],
  )
  if (changed.length === 0) return undefined
  return (rules) => changed.some((key) => rules.labelKeys.has(key))
}

function wantedLabel({ nodeSelector: [first] }: PlacementRules): string {
  return first === undefined ? '' : labelText(first)
}

function labelsOf(node: NodeFacts | undefined): readonly string[] {
  return node === undefined ? [] : Object.entries(node.labels).map(labelText)
}

function labelText([key, value]: readonly [key: string, value: string]): string {
  return `${key}=${value}`
}
