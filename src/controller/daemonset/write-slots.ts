// Who may write next? So many requests are under way at a time; of those that wait for their turn the DaemonSets take
// turns, so that one with five thousand pods to make does not hold up one with a single pod; what is urgent goes first.

import { Heap } from '../../base/heap.ts'

interface Waiting {
  readonly isUrgent: boolean
  /** The round in which it is its turn: one write of each DaemonSet a round. */
  readonly round: number
  readonly sequence: number
  readonly go: () => void
}

export class WriteSlots {
  readonly #width: number
  readonly #waiting = new Heap<Waiting>(goesBefore)
  /** The last round that each DaemonSet has a place in; forgotten when nobody waits. */
  readonly #rounds = new Map<string, number>()
  #underWay = 0
  #round = 0
  #sequence = 0

  constructor(width: number) {
    this.#width = width
  }

  /** Acts when it is the turn of `of`. */
  async run<T>(of: string, act: () => Promise<T>, isUrgent = false): Promise<T> {
    if (this.#underWay < this.#width) this.#underWay++
    else await new Promise<void>((go) => this.#queue(of, isUrgent, go))
    try {
      return await act()
    } finally {
      this.#next()
    }
  }

  #queue(of: string, isUrgent: boolean, go: () => void): void {
    const round = Math.max(this.#round, this.#rounds.get(of) ?? 0) + 1
    this.#rounds.set(of, round)
    this.#waiting.push({ isUrgent, round, sequence: this.#sequence++, go })
  }

  /** The place that has become free goes to whoever is next, or to nobody. */
  #next(): void {
    const next = this.#waiting.pop()
    if (next === undefined) {
      this.#underWay--
      this.#rounds.clear()
      return
    }
    if (!next.isUrgent) this.#round = next.round
    next.go()
  }
}

function goesBefore(a: Waiting, b: Waiting): boolean {
  if (a.isUrgent !== b.isUrgent) return a.isUrgent
  return a.round < b.round || (a.round === b.round && a.sequence < b.sequence)
}
