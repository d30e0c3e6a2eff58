// What pods and people are configured with: namespaces, config maps, secrets, service accounts.

import type { ApiObject, ConfigMap, Namespace, ServiceAccount } from '../../api/types.ts'
import { ageColumn, column, nameColumn, type Printer } from './column.ts'

export const namespacePrinter: Printer<Namespace> = {
  columns: [
    nameColumn,
    column('Status', 'Active, or Terminating once it is being deleted.', ({ status }) => status?.phase ?? ''),
    ageColumn,
  ],
}

export const configMapPrinter: Printer<ConfigMap> = {
  columns: [
    nameColumn,
    column('Data', 'How many entries it has.', ({ data, binaryData }) => keys(data) + keys(binaryData)),
    ageColumn,
  ],
}

interface Secret extends ApiObject {
  type?: string
  data?: Record<string, string>
}

export const secretPrinter: Printer<Secret> = {
  columns: [
    nameColumn,
    column('Type', 'What it is for, and so what its entries are called.', ({ type }) => type ?? ''),
    column('Data', 'How many entries it has.', ({ data }) => keys(data)),
    ageColumn,
  ],
}

export const serviceAccountPrinter: Printer<ServiceAccount> = {
  columns: [
    nameColumn,
    column('Secrets', 'How many secrets its pods may use.', ({ secrets }) => secrets?.length ?? 0),
    ageColumn,
  ],
}

function keys(entries: object | undefined): number {
  return Object.keys(entries ?? {}).length
}
