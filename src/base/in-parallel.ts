// Doing the same to many things, so many at a time.

/** All of them, at most `width` at a time, in order; rejects with the first failure, once what was begun is done. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0
  let failure: { readonly error: unknown } | undefined
  const work = async () => {
    while (next < items.length && failure === undefined) {
      const item = items[next++]!
      await act(item).catch((error) => {
        failure ??= { error }
      })
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, work))
  if (failure !== undefined) throw (failure as { readonly error: unknown }).error
}
