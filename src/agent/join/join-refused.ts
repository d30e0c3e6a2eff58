/** This machine cannot join as it was told to; the message says why, and what to do. Trying again does not help. */
export class JoinRefused extends Error {
  override name = 'JoinRefused'
}
