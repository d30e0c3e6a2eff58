// Talking to an API server, one request at a time: typed verbs over a `Send`, whatever carries it. Following a
// collection over time is informer.ts.

import { apiVersionOf, type Resource } from '../api/resources.ts'
import { type ApiError, errorFromStatus, type Status } from '../api/status.ts'
import type { ApiObject, DeleteOptions, List } from '../api/types.ts'
import { type ApiResponse, letGo, type Send, type User } from '../api/wire.ts'
import { isObject } from '../base/json.ts'
import { readBody, readStream } from './body.ts'
import { type At, apiRequest, pathOf, queryOf, type RawRequest } from './request.ts'
import { Unreachable } from './unreachable.ts'
import { type WatchEvent, watchEvents } from './watch.ts'

export type { At, RawRequest } from './request.ts'
export { Unreachable } from './unreachable.ts'
export type { WatchEvent } from './watch.ts'

export interface ListSelection {
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
}

export interface ListOptions extends ListSelection {
  readonly resourceVersion?: string | undefined
  readonly limit?: number | undefined
  readonly continue?: string | undefined
}

export interface WatchOptions extends ListSelection {
  readonly resourceVersion: string
  readonly allowBookmarks?: boolean
  readonly timeoutSeconds?: number
}

export interface WriteOptions {
  readonly subresource?: string
  readonly dryRun?: boolean
  /** Default: the server takes the user agent up to the first `/` (W1.9). */
  readonly fieldManager?: string
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore'
}

export interface CreateOptions extends WriteOptions {
  /** Default: the object's own. */
  readonly namespace?: string | undefined
  /** With a subresource: the object it belongs to (`pods/NAME/binding`). */
  readonly name?: string
}

export interface Patch {
  readonly type: 'json' | 'merge' | 'strategic'
  readonly body: unknown
}

export interface RawResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** A refused request rejects with ApiError; one that got no answer, with Unreachable. */
export interface Client {
  get<T extends ApiObject>(resource: Resource, at: At): Promise<T>
  /** One page when `limit` is given, else everything. */
  list<T extends ApiObject>(resource: Resource, options?: ListOptions): Promise<List<T>>
  create<T extends ApiObject>(resource: Resource, object: T, options?: CreateOptions): Promise<T>
  update<T extends ApiObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T>
  patch<T extends ApiObject>(resource: Resource, at: At, patch: Patch, options?: WriteOptions): Promise<T>
  /** The object where it is still there (grace, finalizers), a Status where it is gone (W11.2). */
  delete(resource: Resource, at: At, options?: DeleteOptions): Promise<ApiObject | Status>
  /** Ends when the server ends it or `signal` is aborted; rejects with the ApiError of an ERROR event (410). */
  watch<T extends ApiObject>(
    resource: Resource,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>>
  /** Any request, and whatever the server said, refusal or not. */
  raw(request: RawRequest): Promise<RawResponse>
  /** An answer that comes in pieces (`logs -f`). */
  stream(request: RawRequest, signal: AbortSignal): AsyncIterable<Uint8Array>
}

export interface ClientOptions {
  readonly send: Send
  /** Only for a server in the same process: who asks. Over HTTP the certificate or the token says it. */
  readonly user?: User
  /** `name/version`; the name becomes the field manager (W1.9). */
  readonly userAgent: string
}

const patchTypes: Readonly<Record<Patch['type'], string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
}

export function createClient(options: ClientOptions): Client {
  const send = (request: RawRequest) => options.send(apiRequest(request, options.userAgent, options.user))

  async function call<T>(request: RawRequest): Promise<T> {
    const response = await send(request)
    const text = (await readBody(response.body)).toString('utf8')
    if (response.status >= 300) throw refusal(response, text)
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw new Unreachable(`${request.method} ${request.path}: the answer is not JSON`, cause)
    }
  }

  async function* stream(request: RawRequest, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    const response = await sendUnlessAborted(() => send(request), signal)
    if (response === undefined) return
    if (response.status >= 300) throw refusal(response, (await readBody(response.body)).toString('utf8'))
    yield* readStream(response.body, signal)
  }

  function write<T>(method: string, path: string, body: unknown, contentType: string, options: WriteOptions) {
    return call<T>({
      method,
      path,
      query: {
        dryRun: options.dryRun === true ? 'All' : undefined,
        fieldManager: options.fieldManager,
        fieldValidation: options.fieldValidation,
      },
      headers: { 'content-type': contentType },
      body: JSON.stringify(body),
    })
  }

  return {
    get: (resource, at) => call({ method: 'GET', path: pathOf(resource, at) }),

    list: async <T extends ApiObject>(resource: Resource, selection: ListOptions = {}) => {
      const { namespace, ...query } = selection
      const list = await call<List<T>>({ method: 'GET', path: pathOf(resource, { namespace }), query: { ...query } })
      return { ...list, items: withKind(resource, list.items ?? []) }
    },

    create: (resource, object, create = {}) => {
      const namespace = create.namespace ?? object.metadata.namespace
      const at =
        create.subresource === undefined
          ? { namespace }
          : { namespace, name: create.name ?? object.metadata.name ?? '', subresource: create.subresource }
      return write('POST', pathOf(resource, at), object, 'application/json', create)
    },

    update: (resource, object, update = {}) => {
      const { namespace, name = '' } = object.metadata
      const path = pathOf(resource, { namespace, name, subresource: update.subresource })
      return write('PUT', path, object, 'application/json', update)
    },

    patch: (resource, at, patch, more = {}) => {
      const path = pathOf(resource, { ...at, subresource: more.subresource ?? at.subresource })
      return write('PATCH', path, patch.body, patchTypes[patch.type], more)
    },

    delete: (resource, at, deleteOptions = {}) =>
      call({
        method: 'DELETE',
        path: pathOf(resource, at),
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', ...deleteOptions }),
      }),

    watch: <T extends ApiObject>(resource: Resource, watch: WatchOptions, signal: AbortSignal) => {
      const { namespace, allowBookmarks, ...query } = watch
      const path = pathOf(resource, { namespace })
      const request = {
        method: 'GET',
        path,
        query: queryOf({ watch: true, allowWatchBookmarks: allowBookmarks === true ? true : undefined, ...query }),
      }
      return watchEvents<T>(stream(request, signal), signal)
    },

    raw: async (request) => {
      const response = await send(request)
      const text = (await readBody(response.body)).toString('utf8')
      return { status: response.status, headers: response.headers, text }
    },

    stream,
  }
}

/** A list of typed objects carries kind and apiVersion once, at its top: each item gets its own. */
function withKind<T extends ApiObject>(resource: Resource, items: T[]): T[] {
  for (const item of items) {
    item.apiVersion ??= apiVersionOf(resource)
    item.kind ??= resource.kind
  }
  return items
}

/** What the server said no with: a Status, or plain text from something in between. */
function refusal(response: ApiResponse, text: string): ApiError {
  let status: unknown
  try {
    status = JSON.parse(text)
  } catch {
    status = undefined
  }
  if (isObject(status) && status.kind === 'Status') return errorFromStatus(status, response.status)
  const message = text.trim() === '' ? `the server answered ${response.status}` : text.trim().slice(0, 1024)
  return errorFromStatus({ message }, response.status)
}

/** Undefined when `signal` was faster: the answer, should it still come, is let go. */
function sendUnlessAborted(send: () => Promise<ApiResponse>, signal: AbortSignal): Promise<ApiResponse | undefined> {
  if (signal.aborted) return Promise.resolve(undefined)
  return new Promise((resolve, reject) => {
    const abort = () => resolve(undefined)
    signal.addEventListener('abort', abort, { once: true })
    send().then(
      (response) => {
        signal.removeEventListener('abort', abort)
        if (signal.aborted) letGo(response.body)
        resolve(signal.aborted ? undefined : response)
      },
      (error) => {
        signal.removeEventListener('abort', abort)
        reject(error)
      },
    )
  })
}
