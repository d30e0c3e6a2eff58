// Fetching tables and objects for printing: in pages, and by name.
import type { Resource } from '../../api/resources.ts'
import { ApiError, errorFromStatus, type Status } from '../../api/status.ts'
import type { ApiObject } from '../../api/types.ts'
import type { Client, ListSelection } from '../../client/client.ts'
import { pathOf, type QueryValues } from '../../client/request.ts'
import { CommandError } from '../command-error.ts'
import { inNamespace } from '../in-namespace.ts'
import { isTable, type Table } from '../print/table.ts'

/** W5: the table if the server can, else the object. */
export const tableAccept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'

/** As kubectl's --chunk-size. */
const pageSize = 500

export interface Selection {
  readonly namespace: string | undefined
  readonly name?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
}

/** Says which list it was that could not be made (upstream: cli-runtime/pkg/resource, EnhanceListError). */
async function listing<T>(resource: Resource, selection: Selection, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof ApiError) || (error.reason !== 'BadRequest' && error.reason !== 'NotFound')) throw error
    const { labelSelector = '', fieldSelector = '' } = selection
    const subject = `"${resource.group}/${resource.version}, Resource=${resource.plural}"`
    const what =
      labelSelector === '' && fieldSelector === ''
        ? `Unable to list ${subject}`
        : `Unable to find ${subject} that match label selector "${labelSelector}", field selector "${fieldSelector}"`
    throw new ApiError(error.reason, `${what}: ${error.message}`, error.details, { code: error.code, cause: error })
  }
}

/** One table, however many pages it came in. */
export async function fetchTable(client: Client, resource: Resource, selection: Selection): Promise<Table> {
  const { namespace, name, ...query } = selection
  const path = pathOf(resource, { namespace, ...(name === undefined ? {} : { name }) })
  if (name !== undefined) return inNamespace(client, namespace, () => tablePage(client, path, {}))
  return listing(resource, selection, () => allRows(client, path, query))
}

async function allRows(client: Client, path: string, query: QueryValues): Promise<Table> {
  const first = await tablePage(client, path, { ...query, limit: pageSize })
  const rows = [...first.rows]
  for (let next = first.metadata.continue; next !== undefined && next !== ''; ) {
    const page = await tablePage(client, path, { ...query, limit: pageSize, continue: next })
    rows.push(...page.rows)
    next = page.metadata.continue
  }
  return { ...first, rows }
}

export async function fetchObjects(client: Client, resource: Resource, selection: Selection): Promise<ApiObject[]> {
  const { name, ...list } = selection
  const { namespace } = list
  if (name !== undefined) return [await inNamespace(client, namespace, () => client.get(resource, { name, namespace }))]
  return listing(resource, selection, () => allObjects(client, resource, list))
}

async function allObjects(client: Client, resource: Resource, list: ListSelection): Promise<ApiObject[]> {
  const items: ApiObject[] = []
  let next: string | undefined
  do {
    const page = await client.list<ApiObject>(resource, { ...list, limit: pageSize, continue: next })
    items.push(...page.items)
    next = page.metadata.continue
  } while (next !== undefined && next !== '')
  return items
}

async function tablePage(client: Client, path: string, query: QueryValues): Promise<Table> {
  const { status, text } = await client.raw({ method: 'GET', path, query, headers: { accept: tableAccept } })
  const value = jsonOf(text)
  if (status >= 300) throw errorFromStatus((value ?? { message: text }) as Partial<Status>, status)
  if (!isTable(value)) throw new CommandError(`GET ${path}: the server sent no table`)
  return value
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
