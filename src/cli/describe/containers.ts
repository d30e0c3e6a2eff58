// Containers in words, as a pod template has them. Upstream: kubectl/pkg/describe/describe.go, describeContainers.
import { milliValue } from '../../api/quantity.ts'
import type { Container, ContainerPort, ResourceRequirements } from '../../api/types.ts'
import { isObject, type JsonObject } from '../../base/json.ts'
import { sortedBy } from '../../base/sorted.ts'
import { probeText } from './probes.ts'

export function containerLines(title: string, containers: readonly Container[]): string[] {
  if (containers.length === 0) return [`  ${title}: <none>`]
  return [`  ${title}:`, ...containers.flatMap((container) => [`   ${container.name}:`, ...oneContainer(container)])]
}

function oneContainer(container: Container): string[] {
  const { image = '', ports = [], command = [], args = [], resources = {} } = container
  return [
    `    Image:\t${image}`,
    ...portLines('Port', ports, (port) => port.containerPort),
    ...portLines('Host Port', ports, (port) => port.hostPort ?? 0),
    ...seccompLines(container),
    ...listLines('Command', command),
    ...listLines('Args', args),
    ...quantityLines('Limits', resources.limits),
    ...quantityLines('Requests', resources.requests),
    ...probeLines('Liveness', container.livenessProbe),
    ...probeLines('Readiness', container.readinessProbe),
    ...probeLines('Startup', container.startupProbe),
    ...environmentSourceLines(container.envFrom),
    ...environmentLines(container),
    ...mountLines(container),
  ]
}

function portLines(title: string, ports: readonly ContainerPort[], number: (port: ContainerPort) => number): string[] {
  const texts = ports.map((port) => {
    const name = port.name === undefined || port.name === '' ? '' : ` (${port.name})`
    return `${number(port)}/${port.protocol ?? 'TCP'}${name}`
  })
  return [`    ${title}${texts.length > 1 ? 's' : ''}:\t${texts.length === 0 ? '<none>' : texts.join(', ')}`]
}

function seccompLines({ securityContext }: Container): string[] {
  const profile = isObject(securityContext) ? securityContext.seccompProfile : undefined
  if (!isObject(profile)) return []
  const local = profile.type === 'Localhost' ? [`    LocalhostProfile:\t${profile.localhostProfile ?? ''}`] : []
  return [`    SeccompProfile:\t${profile.type}`, ...local]
}

function listLines(title: string, words: readonly string[]): string[] {
  if (words.length === 0) return []
  return [`    ${title}:`, ...words.flatMap((word) => word.split('\n').map((line) => `      ${line}`))]
}

function quantityLines(title: string, quantities: Readonly<Record<string, string>> | undefined): string[] {
  const entries = sortedBy(Object.entries(quantities ?? {}), ([name]) => name)
  if (entries.length === 0) return []
  return [`    ${title}:`, ...entries.map(([name, quantity]) => `      ${name}:\t${quantity}`)]
}

function probeLines(title: string, probe: unknown): string[] {
  return isObject(probe) ? [`    ${title}:\t${probeText(probe)}`] : []
}

function environmentSourceLines(sources: unknown): string[] {
  if (!Array.isArray(sources) || sources.length === 0) return []
  const lines = sources.filter(isObject).map((source) => {
    const [kind, reference] = isObject(source.secretRef)
      ? ['Secret', source.secretRef]
      : ['ConfigMap', isObject(source.configMapRef) ? source.configMapRef : {}]
    const prefix = typeof source.prefix === 'string' && source.prefix !== '' ? ` with prefix '${source.prefix}'` : ''
    return `      ${reference.name ?? ''}\t${kind}${prefix}\tOptional: ${reference.optional === true}`
  })
  return ['    Environment Variables from:', ...lines]
}

function environmentLines({ env = [], resources = {} }: Container): string[] {
  if (env.length === 0) return ['    Environment:\t<none>']
  const lines = env.flatMap(({ name, value = '', valueFrom }) => {
    if (isObject(valueFrom)) return [`      ${name}:\t${referenceText(valueFrom, resources)}`]
    const [first = '', ...rest] = value.split('\n')
    return [`      ${name}:\t${first}`, ...rest.map((line) => `      \t${line}`)]
  })
  return ['    Environment:', ...lines]
}

/** Where a value comes from; in a template there is no pod to ask for it, so the value itself is empty. */
function referenceText(from: JsonObject, resources: ResourceRequirements): string {
  const { fieldRef, resourceFieldRef, secretKeyRef, configMapKeyRef } = from
  if (isObject(fieldRef)) return ` (${fieldRef.apiVersion ?? 'v1'}:${fieldRef.fieldPath})`
  if (isObject(resourceFieldRef)) return resourceText(resourceFieldRef, resources)
  if (isObject(secretKeyRef)) {
    const { key, name, optional } = secretKeyRef
    return `<set to the key '${key}' in secret '${name}'>\tOptional: ${optional === true}`
  }
  if (isObject(configMapKeyRef)) {
    const { key, name, optional } = configMapKeyRef
    return `<set to the key '${key}' of config map '${name}'>\tOptional: ${optional === true}`
  }
  return ''
}

/** `limits.cpu` in units of the divisor, rounded up. Upstream: pkg/api/v1/resource, ExtractContainerResourceValue. */
function resourceText({ resource, divisor }: JsonObject, resources: ResourceRequirements): string {
  const [kind = '', name = ''] = String(resource).split(/\.(.*)/)
  const quantities = kind === 'limits' ? resources.limits : resources.requests
  const amount = milliValue(quantities?.[name] ?? '0') ?? 0n
  const unit = milliValue(String(divisor ?? '0')) || 1000n
  const units = (amount + unit - 1n) / unit
  return `${units === 0n && kind === 'limits' ? 'node allocatable' : units} (${resource})`
}

function mountLines({ volumeMounts = [] }: Container): string[] {
  if (volumeMounts.length === 0) return ['    Mounts:\t<none>']
  const lines = sortedBy(volumeMounts, ({ mountPath }) => mountPath).map(({ mountPath, name, readOnly, subPath }) => {
    const flags = [readOnly === true ? 'ro' : 'rw', ...(subPath ? [`path=${JSON.stringify(subPath)}`] : [])]
    return `      ${mountPath} from ${name} (${flags.join(',')})`
  })
  return ['    Mounts:', ...lines]
}
