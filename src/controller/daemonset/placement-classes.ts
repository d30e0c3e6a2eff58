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

  /** How many times a node was held against rules (C12). */
  evaluated = 0

  set(key: string, rules: PlacementRules): void {
    if (this.#classOf.get(key)?.rules.text === rules.text) return
    this.delete(key)
    let found = this.#classes.get(rules.text)
    if (found === undefined) {
      found = { rules, keys: new Set() }
      this.#classes.set(rules.text, found)
    }
    found.keys.add(key)
    this.#classOf.set(key, found)
  }

  delete(key: string): void {
    const found = this.#classOf.get(key)
    if (found === undefined) return
    this.#classOf.delete(key)
    found.keys.delete(key)
    if (found.keys.size === 0) this.#classes.delete(found.rules.text)
  }

  /** The classes for which the node is another than it was. */
  concernedBy(before: NodeFacts | undefined, after: NodeFacts | undefined): Concerned[] {
    const touches = before !== undefined && after !== undefined ? whatTouches(before, after) : () => true
    const concerned: Concerned[] = []
    for (const { rules, keys } of this.#classes.values()) {
      if (!touches(rules)) continue
      const was = this.#place(before, rules)
      const is = this.#place(after, rules)
      if (was !== is) concerned.push({ keys, before: was, after: is })
    }
    return concerned
  }

  #place(node: NodeFacts | undefined, rules: PlacementRules): Placement | undefined {
    if (node === undefined) return undefined
    this.evaluated++
    return placementOn(node, rules)
  }
}

/** R2.16: only labels and taints count, and of the labels those that the rules name. */
function whatTouches(before: NodeFacts, after: NodeFacts): (rules: PlacementRules) => boolean {
  if (!jsonEqual(before.taints, after.taints)) return () => true
  const changed = [...new Set([...Object.keys(before.labels), ...Object.keys(after.labels)])].filter(
    (key) => before.labels[key] !== after.labels[key],
  )
  return (rules) => changed.some((key) => rules.labelKeys.has(key))
}
