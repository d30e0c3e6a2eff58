// Which objects of a collection a list, a watch or a deletecollection means: namespace, label selector, field selector,
// and what of them an index can answer.

import { exactField, type FieldRequirements, matchesFields, parseFieldSelector } from '../api/field-selectors.ts'
import { type LabelRequirements, matchesLabels, parseLabelSelector } from '../api/labels.ts'
import { pods, type Resource } from '../api/resources.ts'
import type { URLSearchParamsLike } from '../api/wire.ts'
import { type Facts, factsOf } from './facts.ts'
import type { Target } from './request.ts'

export interface Selection {
  readonly resource: Resource
  readonly namespace: string | undefined
  /** True: nothing but the namespace (and the name) is asked for. */
  readonly takesAll: boolean
  /** The only name that can match, if there is only one. */
  readonly name: string | undefined
  /** The only node whose pods can match, if there is only one; pods of no node are in no index. */
  readonly nodeName: string | undefined
  matches(facts: Facts): boolean
}

export function selectionOf(target: Target, query: URLSearchParamsLike): Selection {
  const labels = labelsOf(query.get('labelSelector'))
  const fields = fieldsOf(target.resource, query.get('fieldSelector'))
  const { resource, namespace } = target
  return {
    resource,
    namespace,
    takesAll: labels === undefined && fields === undefined && target.name === undefined,
    // A name in the path of a collection's verb: the old form of a watch.
    name: target.name ?? (fields === undefined ? undefined : exactField(fields, 'metadata.name')),
    nodeName: fields === undefined || resource !== pods ? undefined : exactField(fields, 'spec.nodeName') || undefined,
    matches(facts) {
      if (target.name !== undefined && facts.metadata.name !== target.name) return false
      if (labels !== undefined && !matchesLabels(labels, facts.metadata.labels)) return false
      return fields === undefined || matchesFields(resource, fields, facts)
    },
  }
}

/** Is this stored object, lying under this key, selected? */
export function selects(selection: Selection, key: string, bytes: Uint8Array): boolean {
  if (selection.namespace !== undefined && !key.startsWith(`${selection.namespace}/`)) return false
  return selection.takesAll || selection.matches(factsOf(selection.resource, bytes))
}

function labelsOf(text: string | null): LabelRequirements | undefined {
  if (text === null || text.trim() === '') return undefined
  return parseLabelSelector(text)
}

function fieldsOf(resource: Resource, text: string | null): FieldRequirements | undefined {
  if (text === null || text.trim() === '') return undefined
  return parseFieldSelector(resource, text)
}
