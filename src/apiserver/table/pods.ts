// Pods: the columns, and the mark of those that have ended (W8.8). What they show is worked out in pod-state.ts.

import { humanDuration } from '../../api/duration.ts'
import { conditionOf } from '../../api/pods.ts'
import type { Pod } from '../../api/types.ts'
import { ageColumn, column, firstOf, nameColumn, none, type Printer, type RowCondition, wide } from './column.ts'
import { podState } from './pod-state.ts'

export const podPrinter: Printer<Pod> = {
  columns: [
    nameColumn,
    column('Ready', 'How many of the containers of the pod are ready, of how many.', (pod) => {
      const { ready, total } = podState(pod)
      return `${ready}/${total}`
    }),
    column('Status', 'What the pod, or the container that holds it up, is doing.', podStatus),
    column('Restarts', 'How often containers were restarted, and when the last one was.', restartText),
    ageColumn,
    wide(
      column('IP', 'The address of the pod.', (pod) => firstOf(pod.status?.podIPs?.[0]?.ip, pod.status?.podIP, none)),
    ),
    wide(column('Node', 'The node the pod is bound to.', (pod) => firstOf(pod.spec.nodeName, none))),
    wide(
      column('Nominated Node', 'The node on which room is being made for the pod.', (pod) => {
        return firstOf(pod.status?.nominatedNodeName, none)
      }),
    ),
    wide(column('Readiness Gates', 'How many of the further conditions for readiness hold, of how many.', gatesText)),
  ],
  conditions: (pod) => ended[pod.status?.phase ?? ''],
}

function podStatus(pod: Pod): string {
  return podState(pod).status
}

const ended: Readonly<Record<string, readonly RowCondition[] | undefined>> = {
  Succeeded: [completed('Succeeded', 'The pod has completed successfully.')],
  Failed: [completed('Failed', 'The pod failed.')],
}

function completed(reason: string, message: string): RowCondition {
  return { type: 'Completed', status: 'True', reason, message }
}

function restartText(pod: Pod, nowMs: number): string {
  const { restarts, lastRestartMs } = podState(pod)
  return restarts === 0 || lastRestartMs === undefined
    ? `${restarts}`
    : `${restarts} (${humanDuration(nowMs - lastRestartMs)} ago)`
}

function gatesText(pod: Pod): string {
  const gates = (pod.spec.readinessGates ?? []) as readonly { conditionType: string }[]
  if (gates.length === 0) return none
  const open = gates.filter(({ conditionType }) => conditionOf(pod.status, conditionType)?.status === 'True')
  return `${open.length}/${gates.length}`
}
