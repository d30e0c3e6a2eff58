// DaemonSets and their revisions (W8.14).

import { printSelector } from '../../api/labels.ts'
import { controllerOf } from '../../api/owners.ts'
import type { ControllerRevision, DaemonSet } from '../../api/types.ts'
import { ageColumn, column, integerColumn, labelText, nameColumn, none, type Printer, wide } from './column.ts'

export const daemonSetPrinter: Printer<DaemonSet> = {
  columns: [
    nameColumn,
    integerColumn('Desired', 'How many nodes should run the pod.', ({ status }) => status?.desiredNumberScheduled ?? 0),
    integerColumn('Current', 'How many of them have one.', ({ status }) => status?.currentNumberScheduled ?? 0),
    integerColumn('Ready', 'On how many of them it is ready.', ({ status }) => status?.numberReady ?? 0),
    integerColumn('Up-to-date', 'On how many of them it is of the current template.', ({ status }) => {
      return status?.updatedNumberScheduled ?? 0
    }),
    integerColumn('Available', 'On how many of them it has been ready for minReadySeconds.', ({ status }) => {
      return status?.numberAvailable ?? 0
    }),
    column('Node Selector', 'The labels a node must have.', ({ spec }) => labelText(spec.template.spec.nodeSelector)),
    ageColumn,
    wide(column('Containers', 'The names of the containers.', ({ spec }) => list(spec, ({ name }) => name))),
    wide(column('Images', 'The images of the containers.', ({ spec }) => list(spec, ({ image }) => image ?? ''))),
    wide(column('Selector', 'Which pods belong to the DaemonSet.', ({ spec }) => printSelector(spec.selector))),
  ],
}

function list(spec: DaemonSet['spec'], text: (container: { name: string; image?: string }) => string): string {
  return spec.template.spec.containers.map(text).join(',')
}

export const controllerRevisionPrinter: Printer<ControllerRevision> = {
  columns: [
    nameColumn,
    column('Controller', 'The object whose revision this is.', (revision) => ownerText(revision)),
    integerColumn('Revision', 'Its number: the highest is the newest.', ({ revision }) => revision),
    ageColumn,
  ],
}

/** `daemonset.apps/agent`. */
function ownerText(revision: ControllerRevision): string {
  const owner = controllerOf(revision)
  if (owner === undefined) return none
  const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : ''
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`
}
