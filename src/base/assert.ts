// The one way to say "this cannot happen": a broken assumption stops the program with a message that names it.

/** Throws when `condition` is false. The message names the act, the object, what was found and what was needed. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message)
}

/** Marks a place the compiler knows to be unreachable. */
export function unreachable(value: never): never {
  throw new AssertionFailure(`unreachable: ${JSON.stringify(value)}`)
}

export class AssertionFailure extends Error {
  override name = 'AssertionFailure'
}
