// What is allowed in a pod and will hardly do what was meant (R1.11): told in Warning headers, never a refusal.
// Upstream: pkg/api/pod/warnings.go, pkg/api/node/util.go.

import { isObject, type JsonObject } from '../../base/json.ts'
import { sortedBy } from '../../base/sorted.ts'
import { dns1123Label } from '../names.ts'
import type { Container, ObjectMeta, Pod, PodSpec, PodTemplateSpec } from '../types.ts'
import { isPresent, objectsIn, textOf } from '../validation/parts.ts'
import { fractionalBytes, hiddenVariables } from './container.ts'
import { nodeLabelWarning, nodeSelectorWarnings } from './node-labels.ts'
import { portWarnings } from './ports.ts'
import { volumeWarnings } from './volumes.ts'

/** `field`: where the template stands, `spec.template`. */
export function warningsForPodTemplate(field: string, { metadata, spec }: PodTemplateSpec): string[] {
  return warningsFor(`${field}.`, spec, metadata, 'template')
}

export function warningsForPod({ metadata, spec }: Pod): string[] {
  const why = dns1123Label(metadata.name ?? '')
  const name =
    why.length === 0
      ? []
      : [
          "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is " +
            `recommended: [${why.join(' ')}]`,
        ]
  return [...name, ...warningsFor('', spec, metadata, 'pod')]
}

/** `prefix` ends with a dot, or is empty. */
function warningsFor(
  prefix: string,
  spec: PodSpec,
  metadata: ObjectMeta | undefined,
  of: 'template' | 'pod',
): string[] {
  const field = `${prefix}spec`
  const annotations = metadata?.annotations ?? {}
  const annotated = (key: string, why: string) =>
    Object.hasOwn(annotations, key) ? [`${prefix}metadata.annotations[${key}]: ${why}`] : []
  const containers = containersOf(field, spec)
  return [
    ...nodeWarnings(field, spec),
    ...spreadWarnings(field, spec),
    ...deprecatedAnnotations.flatMap(([key, why]) => annotated(key, why)),
    ...volumeWarnings(`${field}.volumes`, objectsIn(spec.volumes)),
    ...twice(`${field}.hostAliases`, objectsIn(spec.hostAliases), 'ip'),
    ...twice(`${field}.imagePullSecrets`, objectsIn(spec.imagePullSecrets), 'name'),
    ...nameless(`${field}.imagePullSecrets`, objectsIn(spec.imagePullSecrets)),
    ...fractionalBytes(`${field}.overhead`, spec.overhead),
    ...(hasProfile(spec, 'seccompProfile') ? [] : annotated('seccomp.security.alpha.kubernetes.io/pod', useSeccomp)),
    ...containers.flatMap(([where, container]) => {
      const own = (profile: string) => hasProfile(container, profile)
      const seccomp = `container.seccomp.security.alpha.kubernetes.io/${container.name}`
      const appArmor = `container.apparmor.security.beta.kubernetes.io/${container.name}`
      const isConfined = of === 'pod' || hasProfile(spec, 'appArmorProfile') || own('appArmorProfile')
      return [
        ...(own('seccompProfile') ? [] : annotated(seccomp, useSeccomp)),
        ...(isConfined ? [] : annotated(appArmor, 'deprecated since v1.30; use the "appArmorProfile" field instead')),
        ...fractionalBytes(`${where}.resources.limits`, container.resources?.limits),
        ...fractionalBytes(`${where}.resources.requests`, container.resources?.requests),
        ...hiddenVariables(`${where}.env`, container.env ?? []),
      ]
    }),
    ...portWarnings(containers),
    ...((spec.terminationGracePeriodSeconds ?? 0) < 0
      ? [`${field}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`]
      : []),
    ...affinityWarnings(field, spec),
  ]
}

const useSeccomp = 'non-functional in v1.27+; use the "seccompProfile" field instead'

const deprecatedAnnotations: readonly [key: string, why: string][] = [
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['security.alpha.kubernetes.io/unsafe-sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
]

function containersOf(field: string, spec: PodSpec): (readonly [string, Container])[] {
  return (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((sort) =>
    objectsIn(spec[sort]).map((container, i) => [`${field}.${sort}[${i}]`, container as Container] as const),
  )
}

function hasProfile({ securityContext }: JsonObject, profile: string): boolean {
  return isObject(securityContext) && isPresent(securityContext[profile])
}

function nodeWarnings(field: string, spec: PodSpec): string[] {
  const affinity = spec.affinity?.nodeAffinity
  const required = affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  const preferred = objectsIn(affinity?.preferredDuringSchedulingIgnoredDuringExecution)
  const where = `${field}.affinity.nodeAffinity`
  return [
    ...sortedBy(Object.keys(spec.nodeSelector ?? {}), (key) => key).flatMap((key) => {
      const why = nodeLabelWarning(key)
      return why === undefined ? [] : [`${field}.nodeSelector[${key}]: ${why}`]
    }),
    ...objectsIn(required).flatMap((term, i) =>
      nodeSelectorWarnings(
        `${where}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${i}]`,
        term,
        'keys',
      ),
    ),
    ...preferred.flatMap(({ preference }, i) =>
      nodeSelectorWarnings(
        `${where}.preferredDuringSchedulingIgnoredDuringExecution[${i}].preference`,
        isObject(preference) ? preference : {},
        'keys and values',
      ),
    ),
  ]
}

const matchesNothing = 'a null labelSelector results in matching no pod'

function spreadWarnings(field: string, spec: PodSpec): string[] {
  return objectsIn(spec.topologySpreadConstraints).flatMap(({ topologyKey, labelSelector }, i) => {
    const where = `${field}.topologySpreadConstraints[${i}]`
    const why = nodeLabelWarning(textOf(topologyKey))
    return [
      ...(why === undefined ? [] : [`${where}.topologyKey: ${topologyKey} is ${why}`]),
      ...(isPresent(labelSelector) ? [] : [`${where}.labelSelector: ${matchesNothing}`]),
    ]
  })
}

function affinityWarnings(field: string, { affinity }: PodSpec): string[] {
  return ['podAffinity', 'podAntiAffinity'].flatMap((kind) => {
    const found = (affinity as JsonObject | undefined)?.[kind]
    const terms = isObject(found) ? found : {}
    const lacking = (where: string, term: unknown) =>
      isObject(term) && isPresent(term.labelSelector) ? [] : [`${where}.labelSelector: ${matchesNothing}`]
    const [required, preferred] = [
      'requiredDuringSchedulingIgnoredDuringExecution',
      'preferredDuringSchedulingIgnoredDuringExecution',
    ] as const
    const at = (list: string, i: number) => `${field}.affinity.${kind}.${list}[${i}]`
    return [
      ...objectsIn(terms[required]).flatMap((term, i) => lacking(at(required, i), term)),
      ...objectsIn(terms[preferred]).flatMap(({ podAffinityTerm }, i) =>
        lacking(`${at(preferred, i)}.podAffinityTerm`, podAffinityTerm),
      ),
    ]
  })
}

function twice(field: string, items: readonly JsonObject[], key: 'ip' | 'name'): string[] {
  const seen = new Set<string>()
  return items.flatMap((item, i) => {
    const value = textOf(item[key])
    if (seen.has(value)) return [`${field}[${i}].${key}: duplicate ${key} ${JSON.stringify(value)}`]
    seen.add(value)
    return []
  })
}

function nameless(field: string, items: readonly JsonObject[]): string[] {
  return items.flatMap(({ name }, i) => (textOf(name) === '' ? [`${field}[${i}].name: invalid empty name ""`] : []))
}
