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

type Fields = Readonly<Record<string, unknown>>
type Whole = ApiObject & { readonly spec?: Fields; readonly status?: Fields } & Readonly<Record<string, unknown>>

/** What of an object a selector may ask for, beyond name, namespace and labels, by collection. */
const picks: Readonly<Record<string, (object: Whole) => object>> = {
  pods: ({ spec: { nodeName, restartPolicy, schedulerName, serviceAccountName, hostNetwork } = {}, status = {} }) => {
    const { phase, podIP, podIPs, nominatedNodeName } = status
    return {
      spec: { nodeName, restartPolicy, schedulerName, serviceAccountName, hostNetwork },
      status: { phase, podIP, podIPs, nominatedNodeName },
    }
  },
  nodes: ({ spec }) => ({ spec: { unschedulable: spec?.unschedulable } }),
  namespaces: ({ status }) => ({ status: { phase: status?.phase } }),
  events: ({ involvedObject, reason, reportingComponent, source, type }) => {
    return { involvedObject, reason, reportingComponent, source, type }
  },
  secrets: ({ type }) => ({ type }),
  services: ({ spec }) => ({ spec: { clusterIP: spec?.clusterIP, type: spec?.type } }),
}

function pickFacts(resource: Resource, object: ApiObject): Facts {
  const { name, namespace, labels, deletionTimestamp } = object.metadata
  const facts = { metadata: { name, namespace, labels, deletionTimestamp } }
  return Object.assign(facts, picks[resource.collection]?.(object as Whole)) as Facts
}
