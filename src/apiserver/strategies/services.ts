// Services: each gets an address of its own, and a port on every node where it wants one, although nothing in this
// cluster routes to them yet (W14.4). Upstream: pkg/registry/core/service/storage/alloc.go.

import { type FieldError, invalid } from '../../api/field-error.ts'
import { isIPv4 } from '../../api/names.ts'
import { services } from '../../api/resources.ts'
import { invalidError } from '../../api/status.ts'
import type { ApiObject } from '../../api/types.ts'
import { assert } from '../../base/assert.ts'
import { intBelow } from '../../base/random.ts'
import type { Parts } from '../parts.ts'
import { parseStored } from '../stored.ts'
import type { Strategy } from './strategy.ts'

interface Service extends ApiObject {
  spec?: ServiceSpec
  status?: { loadBalancer?: object }
}

interface ServiceSpec {
  type?: string
  clusterIP?: string
  clusterIPs?: string[]
  ports?: ServicePort[]
  [field: string]: unknown
}

interface ServicePort {
  port?: number
  protocol?: string
  nodePort?: number
}

/** There are no others here. */
const oneFamily = { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' }

/** 10.96.0.0/16, as kubeadm chooses; .0.1 is the API server's own. */
const range = { text: '10.96.0.0/16', prefix: '10.96.', first: 2, last: 65_534 } as const
const nodePorts = { first: 30_000, last: 32_767 } as const

export const serviceStrategy: Strategy = {
  returnsDeleted: true,
  createdByPut: true,

  prepareCreate(object, parts) {
    const service = object as Service
    service.status = { loadBalancer: {} }
    const spec = service.spec ?? {}
    if (spec.type === 'ExternalName') return
    const others = otherServices(parts, service)
    const asked = spec.clusterIP ?? spec.clusterIPs?.[0] ?? ''
    const clusterIP = asked === '' ? freeAddress(others) : asked
    service.spec = { ...oneFamily, ...spec, clusterIP, clusterIPs: spec.clusterIPs ?? [clusterIP] }
    refuse(service, addressErrors(asked, others))
    allotNodePorts(service, others, parts)
  },

  prepareUpdate(object, old, parts) {
    const [service, before] = [object as Service, old as Service]
    if (service.spec === undefined || service.spec.type === 'ExternalName') return
    // What was allotted is kept by whoever does not name another. Upstream: patchAllocatedValues.
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
      const allotted = before.spec?.[field]
      if (allotted !== undefined) service.spec[field] ??= allotted
    }
    for (const port of portsOf(service)) {
      const same = portsOf(before).find((one) => one.port === port.port && one.protocol === port.protocol)
      if (hasNodePorts(service)) port.nodePort ||= same?.nodePort ?? 0
      // Of a type that has had them, and has them no more. Upstream: dropTypeDependentFields.
      else if (port.nodePort === same?.nodePort) delete port.nodePort
    }
    allotNodePorts(service, otherServices(parts, service), parts)
  },
}

function otherServices({ store }: Parts, { metadata }: Service): Service[] {
  const listing = store.list(services.collection)
  assert(listing !== 'compacted', 'list services: the present is never compacted')
  return listing.records
    .map(({ bytes }) => parseStored<Service>(bytes))
    .filter((one) => one.metadata.name !== metadata.name || one.metadata.namespace !== metadata.namespace)
}

function freeAddress(others: readonly Service[]): string {
  const taken = new Set(others.map(({ spec }) => spec?.clusterIP))
  for (let number = range.first; number <= range.last; number++) {
    const address = `${range.prefix}${number >> 8}.${number & 0xff}`
    if (!taken.has(address)) return address
  }
  throw new Error('create a service: no cluster IP is free')
}

/** Of an address that is one: others are refused with the rest of what is wrong. */
function addressErrors(address: string, others: readonly Service[]): FieldError[] {
  if (!isIPv4(address)) return []
  const why = !address.startsWith(range.prefix)
    ? `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${range.text}`
    : others.some(({ spec }) => spec?.clusterIP === address)
      ? 'provided IP is already allocated'
      : undefined
  if (why === undefined) return []
  return [invalid('spec.clusterIPs', [address], `failed to allocate IP ${address}: ${why}`)]
}

function portsOf({ spec }: Service): ServicePort[] {
  return Array.isArray(spec?.ports) ? spec.ports : []
}

function hasNodePorts({ spec }: Service): boolean {
  return spec?.type === 'NodePort' || (spec?.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)
}

function allotNodePorts(service: Service, others: readonly Service[], { random }: Parts): void {
  if (!hasNodePorts(service)) return
  const taken = new Set(others.flatMap(portsOf).map(({ nodePort }) => nodePort))
  const errors: FieldError[] = []
  for (const [i, port] of portsOf(service).entries()) {
    const { first, last } = nodePorts
    port.nodePort ||= freeNodePort(taken, random)
    const range = `${first}-${last}`
    const why =
      port.nodePort < first || port.nodePort > last
        ? `provided port is not in the valid range. The range of valid ports is ${range}`
        : taken.has(port.nodePort)
          ? 'provided port is already allocated'
          : undefined
    if (why !== undefined) errors.push(invalid(`spec.ports[${i}].nodePort`, port.nodePort, why))
  }
  refuse(service, errors)
}

function freeNodePort(taken: ReadonlySet<number | undefined>, random: Parts['random']): number {
  const count = nodePorts.last - nodePorts.first + 1
  const start = intBelow(random, count)
  for (let i = 0; i < count; i++) {
    const port = nodePorts.first + ((start + i) % count)
    if (!taken.has(port)) return port
  }
  throw new Error('create a service: no node port is free')
}

function refuse({ metadata }: Service, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidError(services.group, services.kind, metadata.name ?? '', errors)
}
