// A watch's body as events: one JSON object a line (W7.1), however the bytes were cut on the way.

import { ApiError, errorFromStatus, type Status } from '../api/status.ts'
import type { ApiObject } from '../api/types.ts'
import { isObject } from '../base/json.ts'
import { Unreachable } from './unreachable.ts'

export interface WatchEvent<T extends ApiObject = ApiObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: T
}

export const watchLimits = {
  /** The longest event: an object is at most 3 MiB (W1.4), and a DELETED one carries no more. */
  lineBytes: 4 * 1024 * 1024,
} as const

/** The events in a stream of chunks. An ERROR event rejects with its ApiError (W7.3). */
export async function* watchEvents<T extends ApiObject>(
  chunks: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<WatchEvent<T>, void, void> {
  const lines = new LineDecoder()
  for await (const chunk of chunks) {
    if (lines.isEmpty && isOneLine(chunk)) {
      const event = sharedEvent<T>(chunk)
      if (event !== undefined) yield event
      continue
    }
    for (const line of lines.push(chunk)) {
      const event = watchEvent<T>(line)
      if (event !== undefined) yield event
    }
  }
  if (!signal?.aborted) lines.end()
}

/**
 * Watches of a server in the same process are sent the very same bytes: who comes second finds them parsed, and all keep
 * one object. Nobody changes what an informer keeps.
 */
function sharedEvent<T extends ApiObject>(chunk: Uint8Array): WatchEvent<T> | undefined {
  let event = parsedChunks.get(chunk) as WatchEvent<T> | undefined
  if (event === undefined) {
    event = watchEvent<T>(text(chunk))
    if (event !== undefined) parsedChunks.set(chunk, event)
  }
  return event
}

const parsedChunks = new WeakMap<Uint8Array, WatchEvent>()

function isOneLine(chunk: Uint8Array): boolean {
  return chunk.indexOf(newline) === chunk.length - 1 && chunk.length > 1
}

/** One event; undefined for a type this client does not know (it is passed over, as client-go does: W16.3). */
function watchEvent<T extends ApiObject>(line: string): WatchEvent<T> | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch (cause) {
    throw new Unreachable('the watch sent a line that is not JSON', cause)
  }
  if (!isObject(parsed)) throw new Unreachable('the watch sent a line that is no event')
  const event = parsed as unknown as WatchEvent<T> | { readonly type: 'ERROR'; readonly object?: Partial<Status> }
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK':
      return event
    case 'ERROR':
      throw errorFromStatus(event.object ?? {}, event.object?.code ?? 500)
    default:
      event satisfies never
      return undefined
  }
}

const newline = 0x0a

/** Cuts bytes into lines. A newline byte is never part of another UTF-8 character, so whole lines are decoded at once. */
export class LineDecoder {
  #rest: Uint8Array[] = []
  #restBytes = 0

  get isEmpty(): boolean {
    return this.#restBytes === 0
  }

  push(chunk: Uint8Array): string[] {
    const lines: string[] = []
    let from = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      const line = this.#take(chunk.subarray(from, end))
      if (line !== '') lines.push(line)
      from = end + 1
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from))
    return lines
  }

  /** The stream is over: what is left of an unfinished line means that something was lost. */
  end(): void {
    if (this.#restBytes > 0) throw new Unreachable('the watch ended in the middle of an event')
  }

  #take(lineEnd: Uint8Array): string {
    if (this.#restBytes === 0) return text(lineEnd)
    this.#keep(lineEnd)
    const line = text(Buffer.concat(this.#rest))
    this.#rest = []
    this.#restBytes = 0
    return line
  }

  #keep(part: Uint8Array): void {
    this.#restBytes += part.length
    if (this.#restBytes > watchLimits.lineBytes) {
      throw new ApiError('RequestEntityTooLarge', `a watch event is longer than ${watchLimits.lineBytes} bytes`)
    }
    this.#rest.push(part)
  }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
