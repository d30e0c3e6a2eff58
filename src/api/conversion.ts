// One stored object, two views. What is stored is the newer version; an older group shows the same objects in its own
// words. Events have one in events.k8s.io/v1, with other names for some fields. DaemonSets have one in extensions/v1beta1,
// where only two things differ: the apiVersion, and the template generation, which is a field there and an annotation in
// apps/v1 (R1.10, section 1.6).
// Upstream: pkg/apis/extensions/v1beta1/conversion.go and pkg/apis/apps/v1/conversion.go.

import { eventFromStored, eventToStored } from './event-conversion.ts'
import { apiVersionOf, daemonSets, eventsV1, oldDaemonSets, type Resource } from './resources.ts'
import { setTemplateGeneration, templateGenerationOf } from './template-generation.ts'
import { type ApiObject, templateGenerationAnnotation } from './types.ts'

type View = Pick<Resource, 'group' | 'plural'>

interface WithSpec extends ApiObject {
  spec?: { templateGeneration?: number; [field: string]: unknown }
}

/** The object as it is stored. The one given may be part of the answer and is not changed. */
export function toStored(resource: View, object: ApiObject): ApiObject {
  if (is(resource, eventsV1)) return eventToStored(object)
  if (!is(resource, oldDaemonSets)) return object
  const { spec, ...rest } = object as WithSpec
  const stored: WithSpec = { ...rest, apiVersion: apiVersionOf(daemonSets), metadata: { ...rest.metadata } }
  if (spec === undefined) return stored
  const { templateGeneration, ...fields } = spec
  stored.spec = fields
  // The annotation means nothing in the old group: the field decides.
  dropAnnotation(stored)
  if (templateGeneration !== undefined && templateGeneration !== 0) {
    setTemplateGeneration(stored, BigInt(templateGeneration))
  }
  return withFieldOrder(object, stored)
}

/** The stored object as a resource shows it. */
export function fromStored(resource: View, object: ApiObject): ApiObject {
  if (is(resource, eventsV1)) return eventFromStored(object)
  if (!is(resource, oldDaemonSets)) return object
  const generation = templateGenerationOf(object)
  const view: WithSpec = { ...object, apiVersion: apiVersionOf(oldDaemonSets), metadata: { ...object.metadata } }
  dropAnnotation(view)
  if (generation !== 0n) view.spec = { ...view.spec, templateGeneration: Number(generation) }
  return view
}

function is({ group, plural }: View, view: View): boolean {
  return group === view.group && plural === view.plural
}

function dropAnnotation(object: ApiObject): void {
  const { [templateGenerationAnnotation]: _, ...annotations } = object.metadata.annotations ?? {}
  if (Object.keys(annotations).length > 0) object.metadata.annotations = annotations
  else delete object.metadata.annotations
}

/** Fields in the order they came in: kind, apiVersion, metadata, spec, status. */
function withFieldOrder(like: ApiObject, object: WithSpec): ApiObject {
  return Object.fromEntries(
    Object.keys(like).map((key) => [key, object[key as keyof WithSpec]]),
  ) as unknown as ApiObject
}
