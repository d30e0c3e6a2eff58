// Rules for the containers of a pod, of all three sorts (W9.11).
// Upstream: pkg/apis/core/validation, validateContainers, validateInitContainers, validateContainerCommon.

import { isObject } from '../../base/json.ts'
import { duplicate, type FieldError, forbidden, invalid, notFound, notSupported, required } from '../field-error.ts'
import { dns1123Label } from '../names.ts'
import type { Container, PodSpec } from '../types.ts'
import { validateEnv, validateEnvFrom } from './env.ts'
import { validateMounts } from './mounts.ts'
import { inRange, largestInt32 } from './numbers.ts'
import { isPresent, textOf } from './parts.ts'
import { validateHostPortConflicts, validatePorts } from './ports.ts'
import { type ProbeRules, validateLifecycle, validateProbes } from './probes.ts'
import { validateResources } from './resources.ts'
import { oneOf } from './words.ts'

export function validateContainers(field: string, spec: PodSpec, volumes: ReadonlySet<string>): FieldError[] {
  const rules: ProbeRules = { gracePeriodSeconds: spec.terminationGracePeriodSeconds }
  return [
    ...validateMain(`${field}.containers`, spec.containers ?? [], volumes, rules),
    ...validateInit(`${field}.initContainers`, spec, volumes, rules),
    ...validateEphemeral(`${field}.ephemeralContainers`, spec, volumes),
  ]
}

function validateMain(
  field: string,
  containers: readonly Container[],
  volumes: ReadonlySet<string>,
  rules: ProbeRules,
): FieldError[] {
  if (containers.length === 0) return [required(field)]
  const errors: FieldError[] = []
  const names = new Set<string>()
  containers.forEach((container, i) => {
    const where = `${field}[${i}]`
    errors.push(...validateCommon(where, container, volumes), ...uniqueName(where, container, names))
    errors.push(...validateLifecycle(`${where}.lifecycle`, container.lifecycle, rules))
    errors.push(...validateProbes(where, container, rules))
    errors.push(...validateRestartPolicy(`${where}.restartPolicy`, container.restartPolicy))
  })
  return [...errors, ...validateHostPortConflicts(field, containers)]
}

function validateInit(field: string, spec: PodSpec, volumes: ReadonlySet<string>, rules: ProbeRules): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set((spec.containers ?? []).map(({ name }) => name))
  for (const [i, container] of (spec.initContainers ?? []).entries()) {
    const where = `${field}[${i}]`
    errors.push(...validateCommon(where, container, volumes))
    errors.push(...validateRestartPolicy(`${where}.restartPolicy`, container.restartPolicy))
    errors.push(...uniqueName(where, container, names))
    // They run one after the other, so only a container's own ports can clash.
    errors.push(...validateHostPortConflicts(field, [container]))
    if (container.restartPolicy === 'Always') {
      errors.push(...validateLifecycle(`${where}.lifecycle`, container.lifecycle, rules))
      errors.push(...validateProbes(where, container, rules))
    } else {
      const why = 'may not be set for init containers without restartPolicy=Always'
      for (const name of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
        if (isPresent(container[name])) errors.push(forbidden(`${where}.${name}`, why))
      }
    }
  }
  return errors
}

function validateEphemeral(field: string, spec: PodSpec, volumes: ReadonlySet<string>): FieldError[] {
  const containers = (Array.isArray(spec.ephemeralContainers) ? spec.ephemeralContainers : []) as Container[]
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name))
  const names = new Set(others)
  return containers.flatMap((container, i) => {
    const where = `${field}[${i}]`
    const errors = [...validateCommon(where, container, volumes), ...uniqueName(where, container, names)]
    const target = textOf(container.targetContainerName)
    if (target !== '' && !others.has(target)) errors.push(notFound(`${where}.targetContainerName`, target))
    const why = 'cannot be set for an Ephemeral Container'
    for (const name of ['ports', 'lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      if (isPresent(container[name])) errors.push(forbidden(`${where}.${name}`, why))
    }
    return errors
  })
}

function validateCommon(field: string, container: Container, volumes: ReadonlySet<string>): FieldError[] {
  const { name = '', image = '', terminationMessagePolicy, imagePullPolicy } = container
  const errors =
    name === ''
      ? [required(`${field}.name`)]
      : dns1123Label(name).map((problem) => invalid(`${field}.name`, name, problem))
  if (image === '') errors.push(required(`${field}.image`))
  errors.push(
    ...oneOf(`${field}.terminationMessagePolicy`, terminationMessagePolicy, ['File', 'FallbackToLogsOnError']),
    ...validatePorts(`${field}.ports`, container.ports ?? []),
    ...validateEnv(`${field}.env`, container.env),
    ...validateEnvFrom(`${field}.envFrom`, container.envFrom),
    ...validateMounts(`${field}.volumeMounts`, container.volumeMounts ?? [], volumes),
    ...oneOf(`${field}.imagePullPolicy`, imagePullPolicy, ['Always', 'IfNotPresent', 'Never']),
    ...validateResources(`${field}.resources`, container.resources),
    ...validateSecurity(`${field}.securityContext`, container.securityContext),
  )
  return errors
}

function uniqueName(field: string, { name = '' }: Container, names: Set<string>): FieldError[] {
  if (names.has(name)) return [duplicate(`${field}.name`, name)]
  if (name !== '') names.add(name)
  return []
}

function validateRestartPolicy(field: string, policy: string | undefined): FieldError[] {
  const words = ['Always', 'Never', 'OnFailure']
  return policy === undefined || words.includes(policy) ? [] : [notSupported(field, policy, words)]
}

function validateSecurity(field: string, context: unknown): FieldError[] {
  if (!isObject(context)) return []
  const errors = (['runAsUser', 'runAsGroup'] as const).flatMap((name) =>
    isPresent(context[name]) ? inRange(`${field}.${name}`, context[name], 0, largestInt32) : [],
  )
  if (context.allowPrivilegeEscalation === false && context.privileged === true) {
    errors.push(invalid(field, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'))
  }
  return errors
}
