// What is done to one pod's directory is done one after the other; pods do not wait for each other.

export class Turns {
  readonly #last = new Map<string, Promise<void>>()

  take(podUid: string, act: () => Promise<void>): Promise<void> {
    const turn = (this.#last.get(podUid) ?? Promise.resolve()).then(act)
    const settled = turn
      .catch(() => {})
      .then(() => {
        if (this.#last.get(podUid) === settled) this.#last.delete(podUid)
      })
    this.#last.set(podUid, settled)
    return turn
  }

  async quiet(): Promise<void> {
    await Promise.all(this.#last.values())
  }
}
