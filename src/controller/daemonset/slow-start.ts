// Doing the same thing many times when it may be refused: once, then twice as often each time, until something goes
// wrong. A quota that takes no more pods costs a few calls, not one a node. Upstream: controller_utils / slowStartBatch.

/** `act` says whether it worked. Resolves to how many were tried: all of them, where nothing went wrong. */
export async function slowStart<T>(items: readonly T[], act: (item: T) => Promise<boolean>): Promise<number> {
  let tried = 0
  for (let size = 1; tried < items.length; size *= 2) {
    const batch = items.slice(tried, tried + size)
    tried += batch.length
    const worked = await Promise.all(batch.map(act))
    if (worked.includes(false)) break
  }
  return tried
}
