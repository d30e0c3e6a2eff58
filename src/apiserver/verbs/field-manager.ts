// Who is said to have set the fields of an object that is written, and for which objects that is kept (W9.9, W13.7).

import { events, leases, nodes, type Resource } from '../../api/resources.ts'
import type { ApiObject } from '../../api/types.ts'
import { trackUpdate } from '../apply/track-update.ts'
import { groups } from '../identity/groups.ts'
import type { Call, Parts } from '../parts.ts'

/** The query says it, or else the user agent: the part before the first slash (W1.9). */
export function managerOf({ request }: Call): string {
  const asked = request.query.get('fieldManager') ?? ''
  return asked !== '' ? asked : ((request.headers['user-agent'] ?? '').split('/')[0] ?? '')
}

/** A new object with its first managedFields. */
export function trackedNew(parts: Parts, call: Call, object: ApiObject): ApiObject {
  if (!keepsOwners(call)) {
    const { managedFields: _, ...metadata } = object.metadata
    return { ...object, metadata }
  }
  return tracked(parts, call, undefined, object)
}

/** A changed object with its managedFields as they are after the change. An object without any stays without. */
export function trackedChange(parts: Parts, call: Call, live: ApiObject, object: ApiObject): ApiObject {
  return tracked(parts, call, live, object)
}

function tracked({ clock }: Parts, call: Call, live: ApiObject | undefined, object: ApiObject): ApiObject {
  const { resource, subresource } = call.target
  const through = subresource?.name
  return trackUpdate({ resource, live, object, manager: managerOf(call), nowMs: clock.now(), subresource: through })
}

const selfTold: readonly Resource[] = [events, leases, nodes]

/**
 * What the cluster's own parts create is theirs from end to end, and a thousand pods with managedFields are twice as
 * large: such objects have owners of fields only once somebody applies to them, and then what was there before is
 * `before-first-apply`. Upstream keeps them for every object (docs/COMPATIBILITY.md).
 */
function keepsOwners({ user, target }: Call): boolean {
  if (selfTold.some(({ collection }) => collection === target.resource.collection)) return false
  return !user.groups.includes(groups.controllers) && !user.groups.includes(groups.nodes)
}
