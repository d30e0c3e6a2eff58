// JSON texts over a stream, one a line.

import { orderLimits } from './orders.ts'

/** Takes chunks and calls with each whole line; throws where a line grows too long or is no JSON. */
export function lineReader(hear: (message: unknown, rest: () => Buffer) => void): (chunk: Buffer) => void {
  let pieces: Buffer[] = []
  let size = 0
  return (chunk) => {
    let from = 0
    let end = chunk.indexOf(0x0a, from)
    // Whoever hears a line may take what follows: it is no line then.
    let taken = false
    const rest = () => {
      taken = true
      return chunk.subarray(end + 1)
    }
    while (end >= 0) {
      const line = Buffer.concat([...pieces, chunk.subarray(from, end)])
      pieces = []
      size = 0
      hear(JSON.parse(line.toString('utf8')), rest)
      if (taken) return
      from = end + 1
      end = chunk.indexOf(0x0a, from)
    }
    if (from === chunk.length) return
    pieces.push(Buffer.from(chunk.subarray(from)))
    size += chunk.length - from
    if (size > orderLimits.lineBytes) throw new Error(`a line of more than ${orderLimits.lineBytes} bytes`)
  }
}

export function lineOf(message: unknown): string {
  return `${JSON.stringify(message)}\n`
}
