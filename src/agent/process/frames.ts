// Pieces of one session over a stream: a kind, a length, so many bytes.

export type FrameKind = 'stdin' | 'stdout' | 'stderr' | 'resize' | 'end' | 'closed stdin'

const kinds: readonly FrameKind[] = ['stdin', 'stdout', 'stderr', 'resize', 'end', 'closed stdin']
const headBytes = 5
/** A longer one is none of ours. */
const longestBytes = 1024 * 1024

export function frame(kind: FrameKind, bytes: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(headBytes)
  head[0] = kinds.indexOf(kind)
  head.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}

/** Takes chunks and calls with each whole frame; throws where it is none. */
export function frameReader(hear: (kind: FrameKind, bytes: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (rest.length >= headBytes) {
      const kind = kinds[rest[0]!]
      const length = rest.readUInt32BE(1)
      if (kind === undefined || length > longestBytes) throw new Error('no frame of a session')
      if (rest.length < headBytes + length) return
      const bytes = rest.subarray(headBytes, headBytes + length)
      rest = rest.subarray(headBytes + length)
      hear(kind, bytes)
    }
  }
}
