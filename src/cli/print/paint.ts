// Colours for people: only where a person looks, and never against their will (NO_COLOR, TERM=dumb).

import picocolors from 'picocolors'

export interface Paint {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
}

/** What a stream can show: `process.stdout`. */
export interface Painted {
  readonly isTTY?: boolean
}

export function paintFor(stream: Painted, environment: NodeJS.ProcessEnv = process.env): Paint {
  const plain = stream.isTTY !== true || environment.TERM === 'dumb' || (environment.NO_COLOR ?? '') !== ''
  const { bold, dim, red, green, yellow } = picocolors.createColors(!plain)
  return { bold, dim, red, green, yellow }
}
