// Rules for a pod template. Upstream: pkg/apis/core/validation, ValidatePodTemplateSpec; the paths of labels and
// annotations leave out `metadata`, as upstream's do.

import { type FieldError, forbidden } from '../field-error.ts'
import type { PodTemplateSpec } from '../types.ts'
import { validateLabels } from './labels.ts'
import { validateAnnotations } from './metadata.ts'
import { objectsIn } from './parts.ts'
import { validatePodSpec } from './pod-spec.ts'

export function validatePodTemplate(field: string, { metadata, spec }: PodTemplateSpec): FieldError[] {
  const errors = [
    ...validateLabels(`${field}.labels`, metadata?.labels),
    ...validateAnnotations(`${field}.annotations`, metadata?.annotations),
    ...validatePodSpec(`${field}.spec`, spec ?? { containers: [] }, 'template'),
  ]
  if (objectsIn(spec?.ephemeralContainers).length > 0) {
    errors.push(forbidden(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'))
  }
  return errors
}
