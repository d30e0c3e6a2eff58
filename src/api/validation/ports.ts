// Rules for the ports of containers. Upstream: pkg/apis/core/validation, validateContainerPorts and
// checkHostPortConflicts.

import { duplicate, type FieldError, invalid, notSupported, required } from '../field-error.ts'
import { portName } from '../names.ts'
import type { Container, ContainerPort } from '../types.ts'
import { portNumber } from './numbers.ts'

export const protocols = ['SCTP', 'TCP', 'UDP']

export function validatePorts(field: string, ports: readonly ContainerPort[]): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  ports.forEach(({ name = '', containerPort = 0, hostPort = 0, protocol = '' }, i) => {
    const where = `${field}[${i}]`
    if (name !== '') {
      const problems = portName(name)
      if (problems.length > 0) errors.push(...problems.map((problem) => invalid(`${where}.name`, name, problem)))
      else if (names.has(name)) errors.push(duplicate(`${where}.name`, name))
      else names.add(name)
    }
    if (containerPort === 0) errors.push(required(`${where}.containerPort`))
    else errors.push(...portNumber(`${where}.containerPort`, containerPort))
    if (hostPort !== 0) errors.push(...portNumber(`${where}.hostPort`, hostPort))
    if (protocol === '') errors.push(required(`${where}.protocol`))
    else if (!protocols.includes(protocol)) errors.push(notSupported(`${where}.protocol`, protocol, protocols))
  })
  return errors
}

/** A host port, on one address and protocol, can be asked for once. */
export function validateHostPortConflicts(field: string, containers: readonly Container[]): FieldError[] {
  const errors: FieldError[] = []
  const taken = new Set<string>()
  containers.forEach(({ ports = [] }, i) => {
    ports.forEach(({ hostPort = 0, hostIP = '', protocol = '' }, j) => {
      if (hostPort === 0) return
      const place = `${protocol}/${hostIP}/${hostPort}`
      if (taken.has(place)) errors.push(duplicate(`${field}[${i}].ports[${j}].hostPort`, place))
      taken.add(place)
    })
  })
  return errors
}
