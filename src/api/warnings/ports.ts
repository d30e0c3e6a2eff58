// Ports that two containers of a pod, or one of them twice, lay claim to. Upstream: pkg/api/pod/warnings.go.

import type { Container, ContainerPort } from '../types.ts'

interface Claimed {
  readonly field: string
  readonly hostIP: string
  readonly hostPort: number
}

export function portWarnings(containers: readonly (readonly [field: string, container: Container])[]): string[] {
  const warnings: string[] = []
  const claims = new Map<string, Claimed[]>()
  for (const [where, { ports = [] }] of containers) {
    for (const [i, port] of ports.entries()) {
      const field = `${where}.ports[${i}]`
      const { hostIP = '', hostPort = 0, containerPort, protocol = '' } = port
      if (hostIP !== '' && hostPort === 0) warnings.push(`${field}: hostIP set without hostPort: ${asGo(port)}`)
      const place = `${containerPort}/${protocol}`
      const others = claims.get(place) ?? []
      for (const other of others) {
        const how = clash({ hostIP, hostPort }, other)
        if (how !== undefined) warnings.push(`${field}: ${how} port definition with ${other.field}`)
      }
      claims.set(place, [...others, { field, hostIP, hostPort }])
    }
  }
  return warnings
}

function clash(port: Omit<Claimed, 'field'>, other: Claimed): string | undefined {
  if (port.hostIP === other.hostIP && port.hostPort === other.hostPort) return 'duplicate'
  if (port.hostPort === 0 || other.hostPort === 0) return 'overlapping'
  const oneIsOpen = (port.hostIP === '') !== (other.hostIP === '')
  return port.hostPort === other.hostPort && oneIsOpen ? 'dangerously ambiguous' : undefined
}

/** As Go prints the struct. */
function asGo({ name = '', hostPort = 0, containerPort, protocol = '', hostIP = '' }: ContainerPort): string {
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`
}
