// Who holds which role. Roles themselves have the columns of every kind.

import type { RoleBinding } from '../../api/rbac.ts'
import { ageColumn, column, nameColumn, type Printer, wide } from './column.ts'

export const roleBindingPrinter: Printer<RoleBinding> = {
  columns: [
    nameColumn,
    column('Role', 'The kind and name of the role that is given.', ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`),
    ageColumn,
    wide(column('Users', 'The users it is given to.', (binding) => subjectText(binding, 'User'))),
    wide(column('Groups', 'The groups it is given to.', (binding) => subjectText(binding, 'Group'))),
    wide(column('ServiceAccounts', 'The service accounts.', (binding) => subjectText(binding, 'ServiceAccount'))),
  ],
}

function subjectText({ subjects = [] }: RoleBinding, kind: string): string {
  return subjects
    .filter((subject) => subject.kind === kind)
    .map(({ name, namespace }) => (kind === 'ServiceAccount' ? `${namespace ?? ''}/${name}` : name))
    .join(', ')
}
