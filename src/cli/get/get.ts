// Printing what there is, once or for as long as somebody watches. Upstream: kubectl/pkg/cmd/get/get.go.
import type { Resource } from '../../api/resources.ts'
import { reasonOf } from '../../api/status.ts'
import type { ApiObject } from '../../api/types.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Client } from '../../client/client.ts'
import { CommandError } from '../command-error.ts'
import { type ConnectFlags, withClient } from '../connect.ts'
import { jsonText } from '../print/json-text.ts'
import { type Table, type TableStyle, tableLines } from '../print/table.ts'
import { type Template, templateOf, textBy } from '../print/templates.ts'
import { yamlText } from '../print/yaml-text.ts'
import { forEachReporting } from '../reports.ts'
import { kindName, objectName, type Target, targetsOf } from '../resource-names.ts'
import { fetchObjects, fetchTable, type Selection } from './fetch.ts'
import { checkRaw, printRaw } from './raw.ts'
import { watchObjects } from './watch.ts'

export interface GetFlags extends ConnectFlags {
  readonly output?: string
  readonly allNamespaces?: boolean
  readonly selector?: string
  readonly fieldSelector?: string
  readonly watch?: boolean
  readonly watchOnly?: boolean
  readonly labelColumns: readonly string[]
  readonly showKind?: boolean
  readonly headers: boolean
  readonly showLabels?: boolean
  readonly showManagedFields?: boolean
  readonly ignoreNotFound?: boolean
  readonly raw?: string
}

const formats = ['wide', 'yaml', 'json', 'name'] as const
export type Format = (typeof formats)[number] | Template | undefined

/** One resource, and either one name or whatever is selected. */
export interface Wanted extends Target {
  readonly selection: Selection
}

export async function get(args: readonly string[], flags: GetFlags): Promise<void> {
  const { raw } = flags
  if (raw !== undefined && raw !== '') {
    checkRaw(raw, args, flags)
    return withClient(flags, ({ client }) => printRaw(client, raw))
  }
  if (args.length === 0) throw new CommandError("missing required argument 'type'")
  const format = formatOf(flags.output)
  const { resources, targets } = targetsOf(args)
  if (targets.length > 0 && flags.allNamespaces === true) {
    throw new CommandError('a resource cannot be retrieved by name across all namespaces')
  }
  if (targets.length > 0 && flags.selector !== undefined) {
    throw new CommandError('name cannot be provided when a selector is specified')
  }
  await withClient(flags, async ({ client, namespace }) => {
    const wanted = wantedOf(resources, targets, namespace, flags)
    if (flags.watch === true || flags.watchOnly === true) {
      if (typeof format === 'object' && format.is === 'custom-columns') {
        throw new CommandError('-o custom-columns does not go with -w')
      }
      const [one] = wanted
      if (wanted.length !== 1 || one === undefined) {
        throw new CommandError('you may only specify a single resource type with -w')
      }
      await watchObjects(client, one, format, styleOf(one.resource, format, flags, false), flags.watchOnly === true)
    } else if (format === undefined || format === 'wide') {
      await printTables(client, wanted, format, flags, namespace)
    } else {
      await printObjects(client, wanted, format, flags, targets.length === 1)
    }
  })
}

function wantedOf(
  resources: readonly Resource[],
  targets: readonly Target[],
  namespace: string,
  flags: GetFlags,
): Wanted[] {
  const within = (resource: Resource) =>
    resource.namespaced && flags.allNamespaces !== true ? { namespace } : { namespace: undefined }
  if (targets.length > 0) {
    return targets.map((target) => ({ ...target, selection: { ...within(target.resource), name: target.name } }))
  }
  const selected = { labelSelector: flags.selector, fieldSelector: flags.fieldSelector }
  return resources.map((resource) => ({ resource, name: '', selection: { ...within(resource), ...selected } }))
}

async function printTables(
  client: Client,
  wanted: readonly Wanted[],
  format: Format,
  flags: GetFlags,
  namespace: string,
): Promise<void> {
  const tables = new Map<Resource, Table>()
  const fetchOne = async ({ resource, selection }: Wanted) => {
    const table = await found(() => fetchTable(client, resource, selection), flags)
    if (table === undefined) return
    const before = tables.get(resource)
    tables.set(resource, before === undefined ? table : { ...before, rows: [...before.rows, ...table.rows] })
  }
  let failure: unknown
  await forEachReporting(wanted, fetchOne).catch((error) => {
    failure = error
  })
  const severalKinds = new Set(wanted.map(({ resource }) => resource)).size > 1
  const printed: string[] = []
  for (const [resource, table] of tables) {
    const lines = tableLines(table, styleOf(resource, format, flags, severalKinds))
    if (lines.length > 0) printed.push(lines.join('\n'))
  }
  if (printed.length > 0) process.stdout.write(`${printed.join('\n\n')}\n`)
  else if (failure === undefined && flags.ignoreNotFound !== true)
    process.stderr.write(nothing(wanted, namespace, flags))
  if (failure !== undefined) throw failure
}

async function printObjects(
  client: Client,
  wanted: readonly Wanted[],
  format: Format,
  flags: GetFlags,
  single: boolean,
): Promise<void> {
  const objects: { resource: Resource; object: ApiObject }[] = []
  let failure: unknown
  const fetchOne = async ({ resource, selection }: Wanted) => {
    const some = (await found(() => fetchObjects(client, resource, selection), flags)) ?? []
    for (const object of some) objects.push({ resource, object })
  }
  await forEachReporting(wanted, fetchOne).catch((error) => {
    failure = error
  })
  const [first] = objects
  if (format === 'name') {
    for (const { resource, object } of objects) {
      process.stdout.write(`${objectName(resource, object.metadata.name ?? '')}\n`)
    }
  } else if (failure === undefined || objects.length > 0) {
    // A template may ask for what is not shown.
    const shown = (object: ApiObject) => (typeof format === 'object' ? { ...object } : shownObject(object, flags))
    const items = objects.map(({ object }) => shown(object))
    if (!single) process.stdout.write(textOf(listOf(items), format, flags.headers))
    else if (first !== undefined) process.stdout.write(textOf(items[0], format, flags.headers))
  }
  if (failure !== undefined) throw failure
}

/** Undefined for what is not there, where that is no failure. */
async function found<T>(fetch: () => Promise<T>, flags: GetFlags): Promise<T | undefined> {
  try {
    return await fetch()
  } catch (error) {
    if (flags.ignoreNotFound === true && reasonOf(error) === 'NotFound') return undefined
    throw error
  }
}

export function textOf(value: unknown, format: Format, headers = true): string {
  if (typeof format === 'object') return textBy(format, value, headers)
  return format === 'json' ? jsonText(value) : yamlText(value)
}

/** What several objects are printed as. */
export function listOf(items: readonly JsonObject[]): JsonObject {
  return { apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } }
}

/** Who manages which field is shown on demand only: it is longer than the object. */
export function shownObject(object: ApiObject, flags: Pick<GetFlags, 'showManagedFields'>): JsonObject {
  if (flags.showManagedFields === true) return { ...object }
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

function styleOf(resource: Resource, format: Format, flags: GetFlags, severalKinds: boolean): TableStyle {
  return {
    wide: format === 'wide',
    namespaces: flags.allNamespaces === true && resource.namespaced,
    labels: flags.showLabels === true,
    headers: flags.headers,
    labelColumns: flags.labelColumns,
    namePrefix: severalKinds || flags.showKind === true ? `${kindName(resource)}/` : '',
  }
}

function formatOf(output: string | undefined): Format {
  if (output === undefined || output === '') return undefined
  const format = formats.find((one) => one === output)
  const found = format ?? templateOf(output)
  if (found !== undefined) return found
  throw new CommandError(`unable to match a printer suitable for the output format "${output}": ${formats.join(', ')}`)
}

function nothing(wanted: readonly Wanted[], namespace: string, flags: GetFlags): string {
  const inNamespace = flags.allNamespaces !== true && wanted.some(({ resource }) => resource.namespaced)
  return inNamespace ? `No resources found in ${namespace} namespace.\n` : 'No resources found\n'
}
