// Rules for probes and lifecycle hooks. Upstream: pkg/apis/core/validation, validateProbe, validateHandler.

import { isObject, type JsonObject } from '../../base/json.ts'
import { type FieldError, forbidden, invalid, notSupported, required } from '../field-error.ts'
import type { Container } from '../types.ts'
import { nonNegative, portNumberOrName } from './numbers.ts'
import { isPresent, numberOf, objectsIn, textOf } from './parts.ts'

export interface ProbeRules {
  /** The pod's. */
  readonly gracePeriodSeconds: number | undefined
}

export function validateProbes(field: string, container: Container, rules: ProbeRules): FieldError[] {
  const errors: FieldError[] = []
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const probe = container[name]
    if (!isObject(probe)) continue
    const where = `${field}.${name}`
    errors.push(...validateProbe(where, probe, rules))
    if (name === 'readinessProbe') {
      const seconds = probe.terminationGracePeriodSeconds
      if (isPresent(seconds)) {
        errors.push(invalid(`${where}.terminationGracePeriodSeconds`, seconds, 'must not be set for readinessProbes'))
      }
    } else if (probe.successThreshold !== 1) {
      errors.push(invalid(`${where}.successThreshold`, probe.successThreshold ?? 0, 'must be 1'))
    }
  }
  return errors
}

export function validateLifecycle(field: string, lifecycle: unknown, rules: ProbeRules): FieldError[] {
  if (!isObject(lifecycle)) return []
  return (['postStart', 'preStop'] as const).flatMap((hook) => {
    const handler = lifecycle[hook]
    const kinds = ['exec', 'httpGet', 'tcpSocket', 'sleep']
    return isObject(handler) ? validateHandler(`${field}.${hook}`, handler, kinds, rules) : []
  })
}

const counts = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const

function validateProbe(field: string, probe: JsonObject, rules: ProbeRules): FieldError[] {
  const errors = validateHandler(field, probe, ['exec', 'httpGet', 'tcpSocket', 'grpc'], rules)
  for (const count of counts) errors.push(...nonNegative(`${field}.${count}`, probe[count]))
  const seconds = probe.terminationGracePeriodSeconds
  if (isPresent(seconds) && numberOf(seconds) <= 0) {
    errors.push(invalid(`${field}.terminationGracePeriodSeconds`, seconds, 'must be greater than 0'))
  }
  return errors
}

/** Exactly one of the kinds. */
function validateHandler(
  field: string,
  handler: JsonObject,
  kinds: readonly string[],
  rules: ProbeRules,
): FieldError[] {
  const [first, ...more] = kinds.filter((kind) => isPresent(handler[kind]))
  if (first === undefined) return [required(field, 'must specify a handler type')]
  const action = isObject(handler[first]) ? handler[first] : {}
  return [
    ...(actionRules[first]?.(`${field}.${first}`, action, rules) ?? []),
    ...more.map((kind) => forbidden(`${field}.${kind}`, 'may not specify more than 1 handler type')),
  ]
}

const schemes = ['HTTP', 'HTTPS']

const actionRules: Readonly<Record<string, (field: string, action: JsonObject, rules: ProbeRules) => FieldError[]>> = {
  exec: (field, { command }) => (Array.isArray(command) && command.length > 0 ? [] : [required(`${field}.command`)]),

  httpGet(field, { path, port, scheme, httpHeaders }) {
    const errors = textOf(path) === '' ? [required(`${field}.path`)] : []
    errors.push(...portNumberOrName(`${field}.port`, port))
    if (!schemes.includes(textOf(scheme))) errors.push(notSupported(`${field}.scheme`, textOf(scheme), schemes))
    for (const { name } of objectsIn(httpHeaders)) {
      if (/^[-A-Za-z0-9]+$/.test(textOf(name))) continue
      const rule = "a valid HTTP header must consist of alphanumeric characters or '-'"
      const shown = `${rule} (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')`
      errors.push(invalid(`${field}.httpHeaders`, textOf(name), shown))
    }
    return errors
  },

  tcpSocket: (field, { port }) => portNumberOrName(`${field}.port`, port),

  grpc: (field, { port }) => portNumberOrName(`${field}.port`, port),

  sleep(field, action, { gracePeriodSeconds }) {
    const seconds = numberOf(action.seconds)
    if (gracePeriodSeconds === undefined || (seconds >= 0 && seconds <= gracePeriodSeconds)) return []
    const why = `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriodSeconds})`
    return [invalid(field, seconds, why)]
  },
}
