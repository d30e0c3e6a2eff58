// `get -w`: what there is, then every change as it comes, until the server or Ctrl-C ends it (W7.12).
import type { Resource } from '../../api/resources.ts'
import { errorFromStatus, reasonOf, type Status } from '../../api/status.ts'
import type { ApiObject } from '../../api/types.ts'
import { isObject } from '../../base/json.ts'
import type { Client } from '../../client/client.ts'
import { pathOf } from '../../client/request.ts'
import { LineDecoder } from '../../client/watch.ts'
import { interruption } from '../durations.ts'
import { GrowingTable, isTable, type TableStyle } from '../print/table.ts'
import { objectName } from '../resource-names.ts'
import { fetchTable, tableAccept } from './fetch.ts'
import { type Format, textOf, type Wanted } from './get.ts'

export async function watchObjects(
  client: Client,
  wanted: Wanted,
  format: Format,
  style: TableStyle,
  changesOnly: boolean,
): Promise<void> {
  const { resource, selection } = wanted
  const stop = interruption()
  const isTabular = format === undefined || format === 'wide'
  const printer = new GrowingTable(style)
  const print = (value: unknown) => {
    if (isTable(value)) for (const line of printer.lines(value)) process.stdout.write(`${line}\n`)
    else process.stdout.write(format === 'name' ? nameOf(resource, value) : withMark(textOf(value, format), format))
  }

  // Without a table there is nothing to print before the changes but the objects themselves: the watch sends them.
  let resourceVersion = ''
  if (isTabular) {
    const table = await fetchTable(client, resource, selection)
    if (changesOnly) printer.lines({ ...table, rows: [] })
    else print(table)
    resourceVersion = selection.name === undefined ? (table.metadata.resourceVersion ?? '') : versionOf(table.rows)
  } else if (changesOnly) {
    const { metadata } = await client.list(resource, { namespace: selection.namespace, limit: 1 })
    resourceVersion = metadata.resourceVersion ?? ''
  }
  const { namespace, name, labelSelector } = selection
  const fieldSelector = name === undefined ? selection.fieldSelector : `metadata.name=${name}`
  while (!stop.aborted) {
    const query = { watch: true, resourceVersion, labelSelector, fieldSelector }
    const headers = isTabular ? { accept: tableAccept } : {}
    const request = { method: 'GET', path: pathOf(resource, { namespace }), query, headers }
    try {
      for await (const object of changes(client.stream(request, stop))) {
        resourceVersion = object.metadata?.resourceVersion ?? resourceVersion
        print(object)
      }
    } catch (error) {
      if (reasonOf(error) !== 'Expired' && reasonOf(error) !== 'Gone') throw error
      resourceVersion = ''
    }
  }
}

interface Seen {
  readonly metadata?: { readonly resourceVersion?: string }
}

async function* changes(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Seen, void, void> {
  const lines = new LineDecoder()
  for await (const chunk of chunks) {
    for (const line of lines.push(chunk)) {
      const { type, object }: { type: string; object: Seen & Partial<Status> } = JSON.parse(line)
      if (type === 'ERROR') throw errorFromStatus(object, object.code ?? 500)
      if (type !== 'BOOKMARK') yield object
    }
  }
}

function versionOf(rows: readonly { readonly object?: ApiObject }[]): string {
  return rows[0]?.object?.metadata.resourceVersion ?? ''
}

function nameOf(resource: Resource, value: unknown): string {
  const metadata = isObject(value) && isObject(value.metadata) ? value.metadata : {}
  return `${objectName(resource, String(metadata.name ?? ''))}\n`
}

/** YAML documents in a row need a line between them. */
function withMark(text: string, format: Format): string {
  return format === 'yaml' ? `---\n${text}` : text
}
