// Kinds with little to show, and the two columns of every kind that has no printer of its own.

import type { RuntimeClass } from '../../api/runtime-class.ts'
import type { ApiObject, Lease } from '../../api/types.ts'
import { ageColumn, column, integerColumn, nameColumn, type Printer, unknown } from './column.ts'

export const leasePrinter: Printer<Lease> = {
  columns: [nameColumn, column('Holder', 'Who holds the lease.', ({ spec }) => spec?.holderIdentity ?? ''), ageColumn],
}

export const runtimeClassPrinter: Printer<RuntimeClass> = {
  columns: [nameColumn, column('Handler', 'What runs the pods of this class.', ({ handler }) => handler), ageColumn],
}

interface PodDisruptionBudget extends ApiObject {
  spec?: { minAvailable?: number | string; maxUnavailable?: number | string }
  status?: { disruptionsAllowed?: number }
}

export const disruptionBudgetPrinter: Printer<PodDisruptionBudget> = {
  columns: [
    nameColumn,
    column('Min Available', 'How many pods must stay available.', ({ spec }) => `${spec?.minAvailable ?? 'N/A'}`),
    column('Max Unavailable', 'How many pods may be unavailable.', ({ spec }) => `${spec?.maxUnavailable ?? 'N/A'}`),
    integerColumn('Allowed Disruptions', 'How many pods may be evicted now.', ({ status }) => {
      return status?.disruptionsAllowed ?? 0
    }),
    ageColumn,
  ],
}

/** Upstream: apiserver/pkg/registry/rest/table.go, defaultTableConvertor. */
export const defaultPrinter: Printer<ApiObject> = {
  columns: [
    nameColumn,
    {
      ...column('Created At', 'When the object was created.', ({ metadata }: ApiObject) => {
        return metadata.creationTimestamp ?? unknown
      }),
      type: 'date',
    },
  ],
}
