// GET of a collection with `watch`: a stream that begins at once and has no end of its own (W7.1).

import type { ApiResponse } from '../../api/wire.ts'
import { noCache } from '../answer.ts'
import type { Call, Parts } from '../parts.ts'
import { selectionOf } from '../selection.ts'
import { includeObjectOf } from '../table/table.ts'
import { Watcher } from '../watch/watcher.ts'
import { awaitRevision, watchOptionsOf } from './list-options.ts'

export async function watch(parts: Parts, call: Call): Promise<ApiResponse> {
  const selection = selectionOf(call.target, call.request.query)
  const options = watchOptionsOf(call)
  // Refused here, where there still is an answer to refuse with.
  if (call.presentation.as === 'table') includeObjectOf(call.request.query.get('includeObject'))
  if (options.initialEvents && options.notOlderThan > 0) {
    await awaitRevision(parts, { at: { version: 'notOlderThan', revision: options.notOlderThan } })
  }
  return {
    status: 200,
    headers: { 'cache-control': noCache, 'content-type': 'application/json' },
    body: { kind: 'stream', start: (sink) => new Watcher(parts, call, selection, options, sink).start() },
  }
}
