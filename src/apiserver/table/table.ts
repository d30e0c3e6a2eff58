// The table that `kubectl get` prints: the server chooses the columns and fills the cells (W8.6 to W8.14).

import { toStored } from '../../api/conversion.ts'
import { apiVersionOf, type Resource } from '../../api/resources.ts'
import { badRequestError } from '../../api/status.ts'
import type { ApiObject, ListMeta } from '../../api/types.ts'
import { certificateRequestPrinter } from './certificates.ts'
import type { Cell, ColumnDefinition, Printer, RowCondition } from './column.ts'
import { configMapPrinter, namespacePrinter, secretPrinter, serviceAccountPrinter } from './configuration.ts'
import { controllerRevisionPrinter, daemonSetPrinter } from './daemonsets.ts'
import { eventPrinter } from './events.ts'
import { nodePrinter } from './nodes.ts'
import { defaultPrinter, disruptionBudgetPrinter, leasePrinter, runtimeClassPrinter } from './others.ts'
import { podPrinter } from './pods.ts'
import { roleBindingPrinter } from './rbac.ts'
import { endpointsPrinter, servicePrinter } from './services.ts'

export interface Table {
  readonly kind: 'Table'
  readonly apiVersion: 'meta.k8s.io/v1'
  readonly metadata: ListMeta
  /** Null in all events of a watch but the first (W7.8). */
  readonly columnDefinitions: readonly ColumnDefinition[] | null
  readonly rows: readonly TableRow[]
}

export interface TableRow {
  readonly cells: readonly Cell[]
  readonly conditions?: readonly RowCondition[]
  readonly object: object | null
}

/** How much of each object travels with its row (W8.7). */
export type IncludeObject = 'Metadata' | 'Object' | 'None'

export interface TableOptions {
  /** Ages are counted from here to the object's creation. */
  readonly nowMs: number
  readonly includeObject: IncludeObject
  readonly listMeta: ListMeta
  readonly omitColumns?: boolean
}

export function tableOf(resource: Resource, objects: readonly ApiObject[], options: TableOptions): Table {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: options.listMeta,
    columnDefinitions: options.omitColumns === true ? null : columnsOf(resource),
    rows: objects.map((object) => rowOf(resource, object, options)),
  }
}

export function columnsOf(resource: Resource): readonly ColumnDefinition[] {
  return printerOf(resource).columns.map(({ name, type, format, description, priority }) => {
    return { name, type, format, description, priority }
  })
}

export function rowOf(
  resource: Resource,
  object: ApiObject,
  { nowMs, includeObject }: Pick<TableOptions, 'nowMs' | 'includeObject'>,
): TableRow {
  const printer = printerOf(resource)
  // Printers know one form of each kind, the one in which it is kept.
  const kept = toStored(resource, object)
  const conditions = printer.conditions?.(kept)
  return {
    cells: printer.columns.map((column) => column.cell(kept, nowMs)),
    ...(conditions === undefined ? {} : { conditions }),
    object: included(resource, object, includeObject),
  }
}

/** The `includeObject` of a query. Upstream: apiserver/pkg/endpoints/handlers/response.go, optionsForTransform. */
export function includeObjectOf(text: string | null): IncludeObject {
  if (text === null || text === '') return 'Metadata'
  if (text === 'Metadata' || text === 'Object' || text === 'None') return text
  throw badRequestError(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(text)}: must be 'Metadata', 'Object', 'None', or empty`,
  )
}

function included(resource: Resource, object: ApiObject, include: IncludeObject): object | null {
  switch (include) {
    case 'Metadata':
      return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata }
    case 'Object':
      return { ...object, kind: resource.kind, apiVersion: apiVersionOf(resource) }
    case 'None':
      return null
    default:
      return include satisfies never
  }
}

/** By the collection of a resource: two views of one object look the same. */
const printers: ReadonlyMap<string, Printer<never>> = new Map<string, Printer<never>>([
  ['configmaps', configMapPrinter],
  ['endpoints', endpointsPrinter],
  ['events', eventPrinter],
  ['namespaces', namespacePrinter],
  ['nodes', nodePrinter],
  ['pods', podPrinter],
  ['secrets', secretPrinter],
  ['serviceaccounts', serviceAccountPrinter],
  ['services', servicePrinter],
  ['apps/controllerrevisions', controllerRevisionPrinter],
  ['apps/daemonsets', daemonSetPrinter],
  ['certificates.k8s.io/certificatesigningrequests', certificateRequestPrinter],
  ['coordination.k8s.io/leases', leasePrinter],
  ['node.k8s.io/runtimeclasses', runtimeClassPrinter],
  ['policy/poddisruptionbudgets', disruptionBudgetPrinter],
  ['rbac.authorization.k8s.io/clusterrolebindings', roleBindingPrinter],
  ['rbac.authorization.k8s.io/rolebindings', roleBindingPrinter],
])

/** What a collection holds has the type of its printer: that is what its name stands for. */
function printerOf(resource: Resource): Printer<ApiObject> {
  return (printers.get(resource.collection) ?? defaultPrinter) as Printer<ApiObject>
}
