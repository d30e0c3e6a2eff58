// One request on its way, and what fate has in store for it.

import type { ApiRequest, ApiResponse } from '../api/wire.ts'
import type { SimProcess } from './process.ts'

export interface Exchange {
  readonly id: number
  readonly from: SimProcess
  /** The user's name: which part of the process asks. */
  readonly who: string
  readonly request: ApiRequest
  readonly kind: 'read' | 'write' | 'watch'
  /** Something on the way has sent it once more, later: whoever asked knows nothing of it. */
  readonly isRepeat?: true
}

/** Everything that is undefined does not happen. */
export interface Fate {
  /** From the client to the server, and back. */
  readonly thereMs: number
  readonly backMs: number
  /** It never reaches the server, or its answer never the client: the client gives up after so long. */
  readonly lost?: 'request' | 'answer'
  readonly givesUpAfterMs?: number
  /** Something on the way answers instead of the server. */
  readonly answeredBy?: ApiResponse
  /** The answer is cut off. */
  readonly truncated?: boolean
  /** What arrives instead of it. */
  readonly rewritten?: ApiRequest
  /** It arrives a second time, so much later. */
  readonly againAfterMs?: number
  /** The process that asked dies: before the server hears of it, when it is done, or when the answer is in. */
  readonly dies?: 'before' | 'done' | 'answered'
}

/** What becomes of one piece of a watch. */
export interface ChunkFate {
  readonly ms: number
  /** Not delivered, delivered twice. */
  readonly times?: 0 | 2
  /** Cut in two at this byte. */
  readonly cutAt?: number
  /** What happens to the connection after it. */
  readonly after?: 'break' | 'end' | 'gone'
}

/** Who decides: chance by a seed, or a plan. */
export interface Faults {
  exchange(exchange: Exchange): Fate
  /** What the server wrote to a watch; `line` counts from 1. */
  chunk(exchange: Exchange, chunk: Uint8Array, line: number): ChunkFate
  /** What the watch of this exchange is told before anything else: nothing, or an end at once. */
  opened?(exchange: Exchange): 'gone' | undefined
}

const isTrue = (text: string | null) => text === 'true' || text === '1'

export function kindOf(request: ApiRequest): Exchange['kind'] {
  if (request.method !== 'GET') return 'write'
  return isTrue(request.query.get('watch')) || request.path.endsWith('/log') ? 'watch' : 'read'
}

/** `DELETE pods/logger-x` : for people. */
export function describe({ request }: Pick<Exchange, 'request'>): string {
  const segments = request.path.split('/').map(decodeURIComponent)
  const inNamespace = segments.indexOf('namespaces') + 2
  const isInside = inNamespace > 1 && !['status', 'finalize', undefined].includes(segments[inNamespace])
  const plain = isInside ? segments.slice(inNamespace) : segments.slice(segments[1] === 'api' ? 3 : 4)
  return `${request.method} ${plain.join('/')}`
}

export const goneEvent: Uint8Array = Buffer.from(
  '{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",' +
    '"message":"too old resource version","reason":"Expired","code":410}}\n',
)
