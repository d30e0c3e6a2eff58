// Faults of ours, planted one at a time at the seams of the parts, to see that the checks find them (B4).

import type { Send } from '../api/wire.ts'
import type { Informers } from '../client/informers.ts'
import type { MemoryDisk } from '../store/memory.ts'

export interface Mutant {
  readonly name: string
  /** The disk of the store. */
  readonly disk?: () => MemoryDisk
  /** The server itself. */
  readonly handle?: (send: Send) => Send
  /** What a client's requests go through before the network. */
  readonly network?: (who: string, send: Send) => Send
  /** What the controllers see. */
  readonly informers?: (informers: Informers) => Informers
}
