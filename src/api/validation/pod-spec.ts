// Rules for a pod spec, in a pod and in a template (W9.11), in upstream's order.
// Upstream: pkg/apis/core/validation/validation.go, ValidatePodSpec.

import { isObject } from '../../base/json.ts'
import { duplicate, type FieldError, forbidden, invalid, required } from '../field-error.ts'
import { dns1123Label, dns1123Subdomain, qualifiedName } from '../names.ts'
import type { PodSpec } from '../types.ts'
import { validateAffinity } from './affinity.ts'
import { validateContainers } from './containers.ts'
import { validateLabels } from './labels.ts'
import { inRange, largestInt32 } from './numbers.ts'
import { isPresent, objectsIn, textOf, textsIn } from './parts.ts'
import { validateResourceList } from './resources.ts'
import { validateTolerations } from './tolerations.ts'
import { validateTopologySpread } from './topology-spread.ts'
import { validateVolumes } from './volumes.ts'
import { oneOf } from './words.ts'

/** A template may leave open what a pod has been given by then. */
export type SpecOf = 'pod' | 'template'

export function validatePodSpec(field: string, spec: PodSpec, specOf: SpecOf): FieldError[] {
  const errors: FieldError[] = []
  if (!isPresent(spec.terminationGracePeriodSeconds)) errors.push(required(`${field}.terminationGracePeriodSeconds`))
  const volumes = validateVolumes(`${field}.volumes`, spec.volumes ?? [])
  errors.push(
    ...volumes.errors,
    ...validateContainers(field, spec, volumes.names),
    ...(spec.hostNetwork === true ? validateHostPorts(field, spec, specOf) : []),
    ...oneOf(`${field}.restartPolicy`, spec.restartPolicy, ['Always', 'OnFailure', 'Never']),
    ...oneOf(`${field}.dnsPolicy`, spec.dnsPolicy, ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']),
    ...validateLabels(`${field}.nodeSelector`, spec.nodeSelector),
    ...validateSecurity(`${field}.securityContext`, spec.securityContext),
    ...validateAffinity(`${field}.affinity`, spec.affinity),
    ...validateDns(`${field}.dnsConfig`, spec),
    ...validateGates(field, spec),
    ...validateTopologySpread(`${field}.topologySpreadConstraints`, spec.topologySpreadConstraints),
    ...validateHostUsers(field, spec),
    ...named(`${field}.serviceAccountName`, spec.serviceAccountName, dns1123Subdomain),
    ...named(`${field}.nodeName`, spec.nodeName, dns1123Subdomain),
  )
  if (isPresent(spec.activeDeadlineSeconds)) {
    errors.push(...inRange(`${field}.activeDeadlineSeconds`, spec.activeDeadlineSeconds, 1, largestInt32))
  }
  errors.push(
    ...named(`${field}.hostname`, spec.hostname, dns1123Label),
    ...named(`${field}.subdomain`, spec.subdomain, dns1123Label),
    ...validateTolerations(`${field}.tolerations`, spec.tolerations ?? []),
    ...named(`${field}.priorityClassName`, spec.priorityClassName, dns1123Subdomain),
    ...named(`${field}.runtimeClassName`, spec.runtimeClassName, dns1123Subdomain),
  )
  if (isPresent(spec.preemptionPolicy)) {
    errors.push(...oneOf(`${field}.preemptionPolicy`, spec.preemptionPolicy, ['PreemptLowerPriority', 'Never']))
  }
  errors.push(...validateResourceList(`${field}.overhead`, spec.overhead))
  if (isObject(spec.os)) errors.push(...oneOf(`${field}.os.name`, spec.os.name, ['linux', 'windows']))
  return errors
}

function named(field: string, value: unknown, check: (name: string) => string[]): FieldError[] {
  const name = textOf(value)
  return name === '' ? [] : check(name).map((problem) => invalid(field, name, problem))
}

/** On the host's network a port is the host's own. */
function validateHostPorts(field: string, { containers }: PodSpec, specOf: SpecOf): FieldError[] {
  const errors: FieldError[] = []
  ;(containers ?? []).forEach((container, i) => {
    for (const [j, { hostPort = 0, containerPort }] of (container.ports ?? []).entries()) {
      if (hostPort === containerPort || (hostPort === 0 && specOf === 'template')) continue
      const why = 'must match `containerPort` when `hostNetwork` is true'
      errors.push(invalid(`${field}.containers[${i}].ports[${j}].hostPort`, hostPort, why))
    }
  })
  return errors
}

function validateSecurity(field: string, context: unknown): FieldError[] {
  if (!isObject(context)) return []
  const errors = (['runAsUser', 'runAsGroup', 'fsGroup'] as const).flatMap((name) =>
    isPresent(context[name]) ? inRange(`${field}.${name}`, context[name], 0, largestInt32) : [],
  )
  const groups = Array.isArray(context.supplementalGroups) ? context.supplementalGroups : []
  groups.forEach((group, i) => {
    errors.push(...inRange(`${field}.supplementalGroups[${i}]`, group, 0, largestInt32))
  })
  return errors
}

const mostNameservers = 3
const mostSearches = 32

function validateDns(field: string, { dnsPolicy, dnsConfig }: PodSpec): FieldError[] {
  const config = isObject(dnsConfig) ? dnsConfig : undefined
  const nameservers = textsIn(config?.nameservers)
  if (dnsPolicy === 'None') {
    if (config === undefined) return [required(field, 'must provide `dnsConfig` when `dnsPolicy` is None')]
    if (nameservers.length === 0) {
      const why = 'must provide at least one DNS nameserver when `dnsPolicy` is None'
      return [required(`${field}.nameservers`, why)]
    }
  }
  const errors: FieldError[] = []
  if (nameservers.length > mostNameservers) {
    errors.push(invalid(`${field}.nameservers`, nameservers, `must not have more than ${mostNameservers} nameservers`))
  }
  const searches = textsIn(config?.searches)
  if (searches.length > mostSearches) {
    errors.push(invalid(`${field}.searches`, searches, `must not have more than ${mostSearches} search paths`))
  }
  objectsIn(config?.options).forEach(({ name }, i) => {
    if (textOf(name) === '') errors.push(required(`${field}.options[${i}]`, 'must not be empty'))
  })
  return errors
}

function validateGates(field: string, { readinessGates, schedulingGates }: PodSpec): FieldError[] {
  const errors: FieldError[] = []
  objectsIn(readinessGates).forEach(({ conditionType }, i) => {
    const type = textOf(conditionType)
    const where = `${field}.readinessGates[${i}].conditionType`
    errors.push(...qualifiedName(type).map((problem) => invalid(where, type, problem)))
  })
  const seen = new Set<string>()
  for (const [i, { name = '' }] of (schedulingGates ?? []).entries()) {
    const where = `${field}.schedulingGates[${i}]`
    errors.push(...qualifiedName(name).map((problem) => invalid(where, name, problem)))
    if (seen.has(name)) errors.push(duplicate(where, name))
    seen.add(name)
  }
  return errors
}

/** `HostPID` and `HostIPC` are upstream's own spelling. */
function validateHostUsers(field: string, { hostUsers, hostNetwork, hostPID, hostIPC }: PodSpec): FieldError[] {
  if (hostUsers !== false) return []
  const shared = { hostNetwork, HostPID: hostPID, HostIPC: hostIPC }
  return Object.entries(shared)
    .filter(([, isShared]) => isShared === true)
    .map(([name]) => forbidden(`${field}.${name}`, 'when `hostUsers` is false'))
}
