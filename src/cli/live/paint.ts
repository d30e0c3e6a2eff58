// Colours where somebody can see them: on a terminal, and not where NO_COLOR or a dumb terminal says otherwise.
import picocolors from 'picocolors'
import type { Paint } from './cells.ts'

export function paintFor(stream: { readonly isTTY?: boolean }): Paint {
  const { bold, dim, red, green, yellow } = picocolors.createColors(
    stream.isTTY === true && picocolors.isColorSupported,
  )
  return { bold, dim, red, green, yellow }
}
