// The few facts of a stored object that selectors ask for, so that a list or a watch does not parse the whole object
// each time it is looked at. They are kept as long as the bytes they were read from.

import type { Resource } from '../api/resources.ts'
import type { ApiObject } from '../api/types.ts'
import { parseStored } from './stored.ts'

/** The object again, but only with its name, namespace, labels and the fields a field selector may name (W8.5). */
export type Facts = ApiObject & {
  readonly spec?: Readonly<Record<string, unknown>>
  readonly status?: Readonly<Record<string, unknown>>
}

export function factsOf(resource: Resource, bytes: Uint8Array): Facts {
  let facts = known.get(bytes)
  if (facts === undefined) {
    facts = pickFacts(resource, parseStored(bytes))
    known.set(bytes, facts)
  }
  return facts
}

/** The same, where the object is at hand anyway: it must not change any more. */
export function noteFacts(resource: Resource, bytes: Uint8Array, object: ApiObject): void {
  known.set(bytes, pickFacts(resource, object))
}

const known = new WeakMap<Uint8Array, Facts>()

/** By collection: the top-level fields that are wanted, and what of them (everything where the list is empty). */
const picked: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  pods: {
    spec: ['nodeName', 'restartPolicy', 'schedulerName', 'serviceAccountName', 'hostNetwork'],
    status: ['phase', 'podIP', 'podIPs', 'nominatedNodeName'],
  },
  nodes: { spec: ['unschedulable'] },
  namespaces: { spec: ['finalizers'], status: ['phase'] },
  events: {
    involvedObject: [],
    reason: [],
    reportingComponent: [],
    source: [],
    type: [],
  },
  secrets: { type: [] },
  services: { spec: ['clusterIP', 'type'] },
}

function pickFacts(resource: Resource, object: ApiObject): Facts {
  const { name, namespace, labels, deletionTimestamp } = object.metadata
  const facts: Record<string, unknown> = { metadata: { name, namespace, labels, deletionTimestamp } }
  const source = object as unknown as Record<string, Record<string, unknown> | undefined>
  for (const [field, parts] of Object.entries(picked[resource.collection] ?? {})) {
    const value = source[field]
    if (value === undefined) continue
    facts[field] = parts.length === 0 ? value : Object.fromEntries(parts.map((part) => [part, value[part]]))
  }
  return facts as unknown as Facts
}
