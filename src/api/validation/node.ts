// Rules for nodes. Upstream: pkg/apis/core/validation, ValidateNode and ValidateNodeUpdate; the path of the taints is
// `metadata.taints`, as it is upstream.

import { duplicate, type FieldError, forbidden } from '../field-error.ts'
import { dns1123Subdomain } from '../names.ts'
import { semanticEqual } from '../semantic-equality.ts'
import type { ApiObject, Node } from '../types.ts'
import { duplicatesRemoved } from './duplicates.ts'
import { validateMetadata, validateMetadataUpdate } from './metadata.ts'
import { validateResourceList } from './resources.ts'
import { validateTaints } from './tolerations.ts'

export function validateNode(object: ApiObject): FieldError[] {
  const { spec, status } = object as Node
  return [
    ...validateMetadata(object, { namespaced: false, name: dns1123Subdomain }),
    ...validateTaints('metadata.taints', spec?.taints ?? []),
    ...validateResourceList('status.capacity', status?.capacity),
    ...validateResourceList('status.allocatable', status?.allocatable),
  ]
}

/** The same rules for the node and for its status. */
export function validateNodeUpdate(object: ApiObject, old: ApiObject): FieldError[] {
  const [{ spec = {}, status }, { spec: before = {} }] = [object as Node, old as Node]
  const errors = [...validateNode(object), ...validateMetadataUpdate(object, old)]
  const seen = new Set<string>()
  for (const [i, address] of (status?.addresses ?? []).entries()) {
    const pair = `${address.type}/${address.address}`
    if (seen.has(pair)) {
      const shown = { Type: address.type, Address: address.address }
      errors.push(duplicate(`status.addresses[${i}]`, shown))
    }
    seen.add(pair)
  }
  if ((before.podCIDRs ?? []).length > 0 && !semanticEqual(spec.podCIDRs, before.podCIDRs)) {
    errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'))
  }
  if ((before.providerID ?? '') !== '' && spec.providerID !== before.providerID) {
    errors.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'))
  }
  return duplicatesRemoved(errors)
}
