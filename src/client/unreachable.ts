// No answer at all: the server could not be reached, or the answer broke off. A refusal is an ApiError instead.

export class Unreachable extends Error {
  override name = 'Unreachable'

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
  }
}
