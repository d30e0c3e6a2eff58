// The template generation of a DaemonSet: a field of the old API, an annotation in apps/v1, and a number to the
// server, which raises it with every change of the template (R1.7, R1.8, R1.10).
// Upstream: pkg/apis/apps/v1/conversion.go and pkg/registry/apps/daemonset/strategy.go.

import { int64 } from './labels.ts'
import { badRequestError } from './status.ts'
import { type ApiObject, templateGenerationAnnotation } from './types.ts'

/** 0 where there is none. Throws ApiError 400 for an annotation that is no number: such an object cannot be read. */
export function templateGenerationOf({ metadata }: ApiObject): bigint {
  const text = metadata.annotations?.[templateGenerationAnnotation]
  if (text === undefined) return 0n
  const generation = int64(text)
  if (generation === undefined) {
    const problem = `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`
    throw badRequestError(`DaemonSet in version "v1" cannot be handled as a DaemonSet: ${problem}`)
  }
  return generation
}

export function setTemplateGeneration({ metadata }: ApiObject, generation: bigint): void {
  metadata.annotations = { ...metadata.annotations, [templateGenerationAnnotation]: `${generation}` }
}
