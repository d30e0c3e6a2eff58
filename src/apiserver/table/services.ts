// Services, and the endpoints behind them.

import type { ApiObject } from '../../api/types.ts'
import { ageColumn, column, firstOf, labelText, nameColumn, none, type Printer, unknown, wide } from './column.ts'

interface Service extends ApiObject {
  spec?: {
    type?: string
    clusterIP?: string
    externalIPs?: string[]
    externalName?: string
    selector?: Record<string, string>
    ports?: { port: number; nodePort?: number; protocol?: string }[]
  }
  status?: { loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] } }
}

export const servicePrinter: Printer<Service> = {
  columns: [
    nameColumn,
    column('Type', 'How the service is reached.', ({ spec }) => spec?.type ?? ''),
    column('Cluster-IP', 'Its address inside the cluster.', ({ spec }) => firstOf(spec?.clusterIP, none)),
    column('External-IP', 'Its addresses from outside.', (service) => externalText(service)),
    column('Port(s)', 'Its ports, each with the port of the nodes where it has one.', (service) => portText(service)),
    ageColumn,
    wide(column('Selector', 'The labels of the pods behind it.', ({ spec }) => labelText(spec?.selector))),
  ],
}

/** Upstream: getServiceExternalIP. What a load balancer gave comes before what was asked for by hand. */
function externalText({ spec, status }: Service): string {
  const byHand = spec?.externalIPs ?? []
  switch (spec?.type) {
    case 'ClusterIP':
    case 'NodePort':
      return byHand.join(',') || none
    case 'LoadBalancer': {
      const given = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => firstOf(ip, hostname))
      return [...new Set(given.filter((one) => one !== ''))].sort().concat(byHand).join(',') || '<pending>'
    }
    case 'ExternalName':
      return spec.externalName ?? ''
    default:
      return unknown
  }
}

function portText({ spec }: Service): string {
  const texts = (spec?.ports ?? []).map(({ port, nodePort, protocol = 'TCP' }) => {
    return nodePort === undefined || nodePort === 0 ? `${port}/${protocol}` : `${port}:${nodePort}/${protocol}`
  })
  return texts.join(',') || none
}

interface Endpoints extends ApiObject {
  subsets?: { addresses?: { ip: string }[]; ports?: { port: number }[] }[]
}

export const endpointsPrinter: Printer<Endpoints> = {
  columns: [
    nameColumn,
    column('Endpoints', 'The first addresses, and how many more there are.', (endpoints) => endpointsText(endpoints)),
    ageColumn,
  ],
}

const shownEndpoints = 3

function endpointsText({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return none
  const all: string[] = []
  for (const { addresses = [], ports = [] } of subsets) {
    if (ports.length === 0) all.push(...addresses.map(({ ip }) => ip))
    for (const { port } of ports) {
      all.push(...addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)))
    }
  }
  const shown = all.slice(0, shownEndpoints).join(',')
  return all.length > shownEndpoints ? `${shown} + ${all.length - shownEndpoints} more...` : shown
}
