// What everything that runs hands back to whoever started it.

export interface Running {
  /** Resolves once it has seen the world and does its work. */
  readonly ready: Promise<void>
  /** Lets what is in hand finish, starts nothing new, and resolves when all is quiet. Twice is harmless. */
  stop(): Promise<void>
}
