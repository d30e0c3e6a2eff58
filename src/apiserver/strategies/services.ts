// Services: each gets an address of its own, although nothing in this cluster routes to it yet (W14.4).
// Upstream: pkg/registry/core/service/storage/alloc.go.

import type { ApiObject } from '../../api/types.ts'
import { assert } from '../../base/assert.ts'
import type { Parts } from '../parts.ts'
import { parseStored } from '../stored.ts'
import type { Strategy } from './strategy.ts'

interface Service extends ApiObject {
  spec?: { type?: string; clusterIP?: string; clusterIPs?: string[]; [field: string]: unknown }
  status?: { loadBalancer?: object }
}

/** There are no others here. */
const oneFamily = { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' }

/** 10.96.0.0/16, as kubeadm chooses; .0.1 is the API server's own. */
const range = { prefix: '10.96', first: 2, last: 65_534 } as const

export const serviceStrategy: Strategy = {
  returnsDeleted: true,
  createdByPut: true,

  prepareCreate(object, parts) {
    const service = object as Service
    service.status = { loadBalancer: {} }
    const spec = service.spec ?? {}
    if (spec.type === 'ExternalName') return
    const asked = spec.clusterIP ?? spec.clusterIPs?.[0] ?? ''
    const clusterIP = asked === '' ? freeAddress(parts) : asked
    service.spec = { ...oneFamily, ...spec, clusterIP, clusterIPs: spec.clusterIPs ?? [clusterIP] }
  },

  prepareUpdate(object, old) {
    const [service, before] = [object as Service, old as Service]
    if (service.spec === undefined || service.spec.type === 'ExternalName') return
    // What was allotted is kept by whoever does not name another. Upstream: patchAllocatedValues.
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
      const allotted = before.spec?.[field]
      if (allotted !== undefined) service.spec[field] ??= allotted
    }
  },
}

function freeAddress({ store }: Parts): string {
  const listing = store.list('services')
  assert(listing !== 'compacted', 'list services: the present is never compacted')
  const taken = new Set(listing.records.map(({ bytes }) => parseStored<Service>(bytes).spec?.clusterIP))
  for (let number = range.first; number <= range.last; number++) {
    const address = `${range.prefix}.${number >> 8}.${number & 0xff}`
    if (!taken.has(address)) return address
  }
  throw new Error('create a service: no cluster IP is free')
}
