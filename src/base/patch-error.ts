// Why a patch was not applied: shared by the kinds of patch.

export type PatchFailure = 'malformed' | 'too large' | 'does not apply'

export class PatchError extends Error {
  override name = 'PatchError'
  readonly reason: PatchFailure

  constructor(reason: PatchFailure, message: string) {
    super(message)
    this.reason = reason
  }
}
