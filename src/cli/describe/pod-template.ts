// A pod template in words. Upstream: kubectl/pkg/describe/describe.go, DescribePodTemplate.
import type { PodTemplateSpec } from '../../api/types.ts'
import { containerLines } from './containers.ts'
import { annotationLines, labelLines, tolerationLines } from './lines.ts'
import { volumeLines } from './volumes.ts'

export function podTemplateLines(template: PodTemplateSpec | undefined): string[] {
  if (template === undefined) return ['Pod Template:', '  <unset>']
  const { metadata = {}, spec } = template
  const { annotations = {} } = metadata
  const { serviceAccountName = '', initContainers = [], priorityClassName = '' } = spec
  return [
    'Pod Template:',
    ...labelLines('  Labels', metadata.labels),
    ...(Object.keys(annotations).length === 0 ? [] : annotationLines('  Annotations', annotations)),
    ...(serviceAccountName === '' ? [] : [`  Service Account:\t${serviceAccountName}`]),
    ...(initContainers.length === 0 ? [] : containerLines('Init Containers', initContainers)),
    ...containerLines('Containers', spec.containers),
    ...volumeLines(spec.volumes ?? []),
    ...(priorityClassName === '' ? [] : [`  Priority Class Name:\t${priorityClassName}`]),
    ...labelLines('  Node-Selectors', spec.nodeSelector),
    ...tolerationLines('  Tolerations', spec.tolerations),
  ]
}
