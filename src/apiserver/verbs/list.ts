// GET of a collection: a snapshot at one revision, in pages where a limit is given (W8.1 to W8.3).

import { apiVersionOf, pods, type Resource } from '../../api/resources.ts'
import { ApiError } from '../../api/status.ts'
import type { ListMeta } from '../../api/types.ts'
import type { ApiResponse } from '../../api/wire.ts'
import type { StoredRecord } from '../../store/store.ts'
import { noCache } from '../answer.ts'
import type { Call, Parts } from '../parts.ts'
import { partialMetadataList, presentValue, viewBytes, viewObject } from '../present.ts'
import { type Selection, selectionOf, selects } from '../selection.ts'
import { parseStored, storageOf, storeKey } from '../stored.ts'
import { presentTable } from '../tables.ts'
import { type Continue, parseContinue, writeContinue } from './continue.ts'
import { awaitRevision, type ListOptions, listOptionsOf } from './list-options.ts'

export async function list(parts: Parts, call: Call): Promise<ApiResponse> {
  const selection = selectionOf(call.target, call.request.query)
  const options = listOptionsOf(call)
  await awaitRevision(parts, options)
  const page = pageOf(parts, selection, options)
  const metadata: ListMeta = { resourceVersion: String(page.revision) }
  if (page.continueToken !== undefined) metadata.continue = page.continueToken
  if (page.remaining !== undefined) metadata.remainingItemCount = page.remaining
  return presentList(parts, call, page.records, metadata)
}

export function presentList(
  parts: Parts,
  call: Call,
  records: readonly StoredRecord[],
  metadata: ListMeta,
): ApiResponse {
  const { resource } = call.target
  const { as, format, pretty } = call.presentation
  switch (as) {
    case 'object': {
      const slices = listSlices(resource, records, metadata)
      if (format === 'json' && !pretty) return slicesAnswer(slices)
      return presentValue(call.presentation, 200, JSON.parse(Buffer.concat(slices).toString('utf8')))
    }
    case 'metadata': {
      const objects = records.map(({ bytes }) => parseStored(bytes))
      return presentValue(call.presentation, 200, partialMetadataList(objects, metadata))
    }
    case 'table': {
      const objects = records.map(({ bytes }) => viewObject(resource, bytes))
      return presentValue(call.presentation, 200, presentTable(parts, call, objects, metadata))
    }
    default:
      return as satisfies never
  }
}

const comma = Buffer.from(',')
const end = Buffer.from(']}\n')

/** The body in pieces: the stored bytes themselves, and what stands between them. */
function listSlices(resource: Resource, records: readonly StoredRecord[], metadata: ListMeta): Uint8Array[] {
  const head = { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), metadata }
  const slices: Uint8Array[] = [Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[`)]
  for (const [i, { bytes }] of records.entries()) {
    if (i > 0) slices.push(comma)
    slices.push(viewBytes(resource, bytes))
  }
  slices.push(end)
  return slices
}

function slicesAnswer(slices: readonly Uint8Array[]): ApiResponse {
  return {
    status: 200,
    headers: { 'cache-control': noCache, 'content-type': 'application/json' },
    body: { kind: 'slices', slices },
  }
}

export interface Page {
  readonly records: readonly StoredRecord[]
  readonly revision: number
  readonly continueToken: string | undefined
  readonly remaining: number | undefined
}

export function pageOf(parts: Parts, selection: Selection, options: ListOptions): Page {
  const prefix = selection.namespace === undefined ? '' : `${selection.namespace}/`
  const token = options.continueToken === undefined ? undefined : parseContinue(options.continueToken, prefix)
  const at = token === undefined ? exactRevision(options) : token.revision
  if (at === undefined && token === undefined) {
    const few = fromIndex(parts, selection)
    if (few !== undefined) return few
  }
  return scan(parts, selection, options, prefix, at, token?.after)
}

function exactRevision({ at }: ListOptions): number | undefined {
  return at.version === 'exact' ? at.revision : undefined
}

/** What names or nodes already answer, without looking at anything else: at most a node's pods, so never paged. */
function fromIndex(parts: Parts, selection: Selection): Page | undefined {
  const { name, nodeName, namespace } = selection
  const storage = storageOf(selection.resource)
  let keys: readonly string[]
  if (name !== undefined && (namespace !== undefined || !storage.namespaced)) keys = [storeKey(namespace, name)]
  else if (nodeName !== undefined) keys = parts.hubs.of(pods).keysOnNode(nodeName)
  else return undefined
  const records: StoredRecord[] = []
  for (const key of keys) {
    const record = parts.store.get(storage.collection, key)
    if (record !== undefined && selects(selection, key, record.bytes)) records.push(record)
  }
  return { records, revision: parts.store.revision, continueToken: undefined, remaining: undefined }
}

/** Records read at a time where a selector decides which of them are wanted. */
const scanned = 500

function scan(
  parts: Parts,
  selection: Selection,
  { limit }: ListOptions,
  prefix: string,
  askedAt: number | undefined,
  askedAfter: string | undefined,
): Page {
  const { collection } = storageOf(selection.resource)
  const records: StoredRecord[] = []
  let after = askedAfter
  let at = askedAt
  for (;;) {
    const room = limit === undefined ? undefined : limit - records.length
    const step = selection.takesAll || limit === undefined ? room : Math.max(scanned, room ?? 0)
    const listing = parts.store.list(collection, {
      prefix,
      ...(after === undefined ? {} : { after }),
      ...(step === undefined ? {} : { limit: step }),
      ...(at === undefined ? {} : { at }),
    })
    if (listing === 'compacted') throw expired(askedAfter, prefix)
    at ??= listing.revision
    let seen = 0
    for (const record of listing.records) {
      seen++
      after = record.key
      if (!selection.takesAll && !selects(selection, record.key, record.bytes)) continue
      records.push(record)
      if (records.length === limit) break
    }
    const remaining = listing.remaining + listing.records.length - seen
    const full = records.length === limit
    if (remaining === 0 || full) return pageEnd(records, at, remaining, full ? after : undefined, prefix, selection)
  }
}

function pageEnd(
  records: readonly StoredRecord[],
  revision: number,
  remaining: number,
  last: string | undefined,
  prefix: string,
  selection: Selection,
): Page {
  if (remaining === 0 || last === undefined)
    return { records, revision, continueToken: undefined, remaining: undefined }
  const continueToken = writeContinue({ revision, after: last }, prefix)
  return { records, revision, continueToken, remaining: selection.takesAll ? remaining : undefined }
}

/** W6.5: a paged list may go on from where it was, at another revision; one at an exact revision may not. */
function expired(after: string | undefined, prefix: string): ApiError {
  if (after === undefined) {
    return new ApiError('Expired', 'The resourceVersion for the provided list is too old.', undefined)
  }
  const next: Continue = { revision: undefined, after }
  return new ApiError(
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
      'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
      'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
      'deleted between the time the first chunk was returned and now may show up in the list.',
    undefined,
    { continueToken: writeContinue(next, prefix) },
  )
}
