// Rules for services, as far as nothing routes to them yet. Upstream: pkg/apis/core/validation, ValidateService.

import { isObject, type JsonObject } from '../../base/json.ts'
import { duplicate, type FieldError, invalid, notSupported, required } from '../field-error.ts'
import { dns1035Label, dns1123Label, dns1123Subdomain, isIPv4 } from '../names.ts'
import type { ApiObject } from '../types.ts'
import { validateLabels } from './labels.ts'
import { validateMetadata, validateMetadataUpdate } from './metadata.ts'
import { portNumber, portNumberOrName } from './numbers.ts'
import { entriesOf, numberOf, objectsIn, textOf } from './parts.ts'
import { protocols } from './ports.ts'
import { oneOf } from './words.ts'

export function validateService(object: ApiObject): FieldError[] {
  const found = (object as ApiObject & { spec?: unknown }).spec
  const spec = isObject(found) ? found : {}
  const errors = validateMetadata(object, { namespaced: true, name: dns1035Label })
  const [type, clusterIP] = [textOf(spec.type), textOf(spec.clusterIP)]
  const ports = objectsIn(spec.ports)
  const needsPorts = clusterIP !== 'None' && type !== 'ExternalName'
  if (ports.length === 0 && needsPorts) errors.push(required('spec.ports'))
  if (clusterIP !== '' && clusterIP !== 'None' && !isIPv4(clusterIP)) {
    const why = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
    errors.push(invalid('spec.clusterIPs[0]', clusterIP, why))
  }
  errors.push(...validatePorts('spec.ports', ports))
  const selector = Object.fromEntries(entriesOf(spec.selector).map(([key, value]) => [key, textOf(value)]))
  errors.push(...validateLabels('spec.selector', selector))
  errors.push(...oneOf('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None']))
  errors.push(...oneOf('spec.type', type, ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']))
  if (type === 'ExternalName') errors.push(...validateExternalName('spec.externalName', textOf(spec.externalName)))
  return errors
}

/** An address stays, unless the service stops or begins to have one. */
export function validateServiceUpdate(object: ApiObject, old: ApiObject): FieldError[] {
  const [now, before] = [object, old].map((one) => (one as ApiObject & { spec?: JsonObject }).spec ?? {})
  const [address, allotted] = [textOf(now?.clusterIP), textOf(before?.clusterIP)]
  const errors = [...validateService(object), ...validateMetadataUpdate(object, old)]
  if (allotted === '' || now?.type === 'ExternalName' || address === allotted) return errors
  return [...errors, invalid('spec.clusterIPs[0]', [address], 'may not change once set')]
}

function validatePorts(field: string, ports: readonly JsonObject[]): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  const places = new Set<string>()
  ports.forEach((port, i) => {
    const where = `${field}[${i}]`
    const [name, protocol, number] = [textOf(port.name), textOf(port.protocol), numberOf(port.port)]
    if (name === '') {
      if (ports.length > 1) errors.push(required(`${where}.name`))
    } else {
      errors.push(...dns1123Label(name).map((problem) => invalid(`${where}.name`, name, problem)))
      if (names.has(name)) errors.push(duplicate(`${where}.name`, name))
      names.add(name)
    }
    errors.push(...portNumber(`${where}.port`, number))
    if (protocol === '') errors.push(required(`${where}.protocol`))
    else if (!protocols.includes(protocol)) errors.push(notSupported(`${where}.protocol`, protocol, protocols))
    errors.push(...portNumberOrName(`${where}.targetPort`, port.targetPort))
    const place = `${protocol}/${number}`
    if (places.has(place)) errors.push(duplicate(where, { protocol, port: number }))
    places.add(place)
  })
  return errors
}

function validateExternalName(field: string, name: string): FieldError[] {
  if (name === '') return [required(field)]
  return dns1123Subdomain(name.replace(/\.$/, '')).map((problem) => invalid(field, name, problem))
}
