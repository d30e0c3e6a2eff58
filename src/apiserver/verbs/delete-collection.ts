// DELETE of a collection: every selected object, each as if it were deleted by itself. Not all or nothing, as upstream.

import { reasonOf } from '../../api/status.ts'
import type { ApiResponse } from '../../api/wire.ts'
import type { StoredRecord } from '../../store/store.ts'
import type { Call, Parts } from '../parts.ts'
import { selectionOf } from '../selection.ts'
import { removeObject } from './delete.ts'
import { deletionOf } from './delete-options.ts'
import { pageOf, presentList } from './list.ts'
import { listOptionsOf } from './list-options.ts'

export async function removeCollection(parts: Parts, call: Call): Promise<ApiResponse> {
  const { resource } = call.target
  const deletion = deletionOf(call)
  const selection = selectionOf(call.target, call.request.query)
  const page = pageOf(parts, selection, listOptionsOf(call))
  const removed = await Promise.all(page.records.map(removeOne))
  const metadata = { resourceVersion: String(parts.store.revision) }
  return presentList(
    parts,
    call,
    removed.filter((record) => record !== undefined),
    metadata,
  )

  async function removeOne(record: StoredRecord): Promise<StoredRecord | undefined> {
    const slash = record.key.indexOf('/')
    const namespace = resource.namespaced ? record.key.slice(0, slash) : undefined
    try {
      const { bytes } = await removeObject(parts, { resource, namespace, name: record.key.slice(slash + 1) }, deletion)
      return { ...record, bytes }
    } catch (error) {
      // Somebody else was faster.
      if (reasonOf(error) === 'NotFound') return undefined
      throw error
    }
  }
}
