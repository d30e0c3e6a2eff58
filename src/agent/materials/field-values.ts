// What a pod may be told about itself: fields of its object, and the resources of its containers, as texts.
// Upstream: pkg/fieldpath/fieldpath.go and pkg/api/v1/resource/helpers.go.

import { milliValue } from '../../api/quantity.ts'
import type { Container, Pod } from '../../api/types.ts'
import { sortedBy } from '../../base/sorted.ts'
import type { PodAddresses } from '../materials.ts'

export interface FieldRef {
  readonly fieldPath: string
}

export interface ResourceFieldRef {
  /** In a volume; in an environment it is the container itself. */
  readonly containerName?: string
  readonly resource: string
  readonly divisor?: string | number
}

/** Of the node: what a container may use that has no limit of its own. */
export type Allocatable = Readonly<Record<string, string>>

/** Undefined where there is no such field. Addresses are known only once the pod's sandbox is open. */
export function fieldValue(pod: Pod, fieldPath: string, addresses?: PodAddresses): string | undefined {
  const { metadata, spec } = pod
  const entry = /^metadata\.(labels|annotations)\['(.*)'\]$/s.exec(fieldPath)
  if (entry !== null) return metadata[entry[1] as 'labels' | 'annotations']?.[entry[2] ?? ''] ?? ''
  switch (fieldPath) {
    case 'metadata.name':
      return metadata.name ?? ''
    case 'metadata.namespace':
      return metadata.namespace ?? ''
    case 'metadata.uid':
      return metadata.uid ?? ''
    case 'metadata.labels':
      return entriesText(metadata.labels)
    case 'metadata.annotations':
      return entriesText(metadata.annotations)
    case 'spec.nodeName':
      return spec.nodeName ?? ''
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? ''
    case 'status.hostIP':
    case 'status.hostIPs':
      return addresses?.hostIP
    case 'status.podIP':
    case 'status.podIPs':
      return addresses?.podIP
    default:
      return undefined
  }
}

/** Undefined where there is no such resource. */
export function resourceValue(
  container: Container,
  ref: ResourceFieldRef,
  allocatable: Allocatable,
): string | undefined {
  const found = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/.exec(ref.resource)
  if (found === null) return undefined
  const [, list, resource = ''] = found
  const { limits = {}, requests = {} } = container.resources ?? {}
  const limit = amountOf(limits[resource])
  const request = requests[resource] === undefined ? limit : amountOf(requests[resource])
  // No limit is the whole node. Upstream: MergeContainerResourceLimits.
  const amount = list === 'requests' ? request : limit > 0n ? limit : amountOf(allocatable[resource])
  const given = amountOf(String(ref.divisor ?? '0'))
  const divisor = given > 0n ? given : 1000n
  if (resource === 'cpu') return String(divideUp(amount, divisor))
  return String(divideUp(divideUp(amount, 1000n), divideUp(divisor, 1000n)))
}

/** Thousandths. */
function amountOf(quantity: string | undefined): bigint {
  return quantity === undefined ? 0n : (milliValue(String(quantity)) ?? 0n)
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by
}

/** `key="value"` lines, in the order of the keys. Upstream: FormatMap. */
function entriesText(entries: Readonly<Record<string, string>> = {}): string {
  return sortedBy(Object.entries(entries), ([key]) => key)
    .map(([key, value]) => `${key}=${goQuoted(value)}`)
    .join('\n')
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}

/** As Go prints it with %q: what cannot be seen is escaped. */
function goQuoted(text: string): string {
  const quoted = text.replace(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    const hex = code.toString(16)
    return (
      escapes[character] ??
      (code < 0x80
        ? `\\x${hex.padStart(2, '0')}`
        : code > 0xffff
          ? `\\U${hex.padStart(8, '0')}`
          : `\\u${hex.padStart(4, '0')}`)
    )
  })
  return `"${quoted}"`
}
