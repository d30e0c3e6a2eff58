// A DaemonSet in words (section 10.3). Upstream: kubectl/pkg/describe/describe.go, describeDaemonSet.
import { printSelector } from '../../api/labels.ts'
import type { DaemonSet, Pod } from '../../api/types.ts'
import { labelsText } from '../print/table.ts'
import { annotationLines, labelLines } from './lines.ts'
import { podTemplateLines } from './pod-template.ts'

/** `pods`: those the DaemonSet owns. */
export function daemonSetLines({ metadata, spec, status }: DaemonSet, pods: readonly Pod[]): string[] {
  const inPhase = (phase: string) => pods.filter((pod) => pod.status?.phase === phase).length
  return [
    `Name:\t${metadata.name}`,
    `Namespace:\t${metadata.namespace}`,
    `Selector:\t${printSelector(spec.selector)}`,
    `Node-Selector:\t${labelsText(spec.template.spec.nodeSelector)}`,
    ...labelLines('Labels', metadata.labels),
    ...annotationLines('Annotations', metadata.annotations),
    `Desired Number of Nodes Scheduled: ${status?.desiredNumberScheduled ?? 0}`,
    `Current Number of Nodes Scheduled: ${status?.currentNumberScheduled ?? 0}`,
    `Number of Nodes Scheduled with Up-to-date Pods: ${status?.updatedNumberScheduled ?? 0}`,
    `Number of Nodes Scheduled with Available Pods: ${status?.numberAvailable ?? 0}`,
    `Number of Nodes Misscheduled: ${status?.numberMisscheduled ?? 0}`,
    `Pods Status:\t${inPhase('Running')} Running / ${inPhase('Pending')} Waiting / ` +
      `${inPhase('Succeeded')} Succeeded / ${inPhase('Failed')} Failed`,
    ...podTemplateLines(spec.template),
  ]
}
