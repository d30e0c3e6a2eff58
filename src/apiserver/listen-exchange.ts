// One request and its answer: who asks, may they come in, what did they send, what does the API server say.

import { ApiError, badRequestError } from '../api/status.ts'
import type { ApiResponse, Send, User } from '../api/wire.ts'
import type { Log } from '../base/log.ts'
import { apiRequestOf, type HttpRequest, type RequestLine, refuseLargeHeaders, requestLine } from './http-request.ts'
import { refusalAnswer, writeAnswer } from './http-response.ts'
import { type HttpResponse, HttpSink } from './http-sink.ts'
import type { Authenticate } from './identity/authenticate.ts'
import { isPublic } from './identity/default-policy.ts'
import type { Connections } from './listen-connections.ts'
import type { ListenLimits } from './listen-limits.ts'

export interface Serving {
  readonly handle: Send
  readonly authenticate: Authenticate
  readonly log: Log
}

export async function exchange(
  request: HttpRequest,
  response: HttpResponse,
  connections: Connections,
  limits: ListenLimits,
  serving: Serving,
  /** What becomes of the answer. Undefined: the connection has been taken over, and this is no longer an exchange. */
  take: (answer: ApiResponse) => ApiResponse | undefined = (answer) => answer,
): Promise<void> {
  const sink = new HttpSink(response, limits)
  connections.begin(request, response, sink)
  const asked = { headOnly: request.method === 'HEAD', acceptsGzip: acceptsGzip(request) }
  try {
    const given = await answerTo(request, connections, limits, serving).catch((error) => {
      if (!(error instanceof ApiError)) throw error
      // What is left of a body that was refused stands in the way of the next request.
      if (!request.complete) connections.closeAfter(request, response)
      return refusalAnswer(error)
    })
    const answer = take(given)
    if (answer === undefined) return connections.leave(sink)
    if (answer.status === 401) connections.closeAfter(request, response)
    await writeAnswer(response, sink, answer, asked, limits)
  } catch (error) {
    serving.log.error('a request failed', { method: request.method, path: request.url?.split('?')[0], error })
    await writeAnswer(response, sink, internalError, asked, limits).catch(() => sink.destroy())
  }
}

/** Rejects with ApiError for whatever is refused before the API server hears of it. */
async function answerTo(
  request: HttpRequest,
  connections: Connections,
  limits: ListenLimits,
  { handle, authenticate }: Serving,
): Promise<ApiResponse> {
  refuseLargeHeaders(request, limits)
  const line = requestLine(request)
  if (line === undefined) throw badRequestError('the request target must be a path')
  const { authorization } = request.headers
  const identified = authenticate({ certificate: connections.certificateOf(request), authorization })
  const user = admitted(identified, line)
  return handle(await apiRequestOf(request, line, user, limits))
}

/** Undefined: a stranger, on a path that strangers may read. Upstream: endpoints/filters/authentication.go. */
function admitted(identified: ReturnType<Authenticate>, { method, path }: RequestLine): User | undefined {
  if (typeof identified !== 'string') return identified
  if (identified === 'anonymous' && isPublic(method, path)) return undefined
  throw new ApiError('Unauthorized', 'Unauthorized')
}

function acceptsGzip({ headers }: HttpRequest): boolean {
  const encodings = String(headers['accept-encoding'] ?? '')
  return encodings.split(',').some((encoding) => /^\s*gzip\s*($|;(?!\s*q=0(\.0*)?\s*$))/i.test(encoding))
}

const internalError = refusalAnswer(new ApiError('InternalError', 'Internal error occurred: the request failed'))
