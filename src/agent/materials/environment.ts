// The environment of a container: what it says itself, what it takes from config maps, secrets and its own pod, and
// where the API server is. Upstream: pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables.

import type { Container, Pod } from '../../api/types.ts'
import type { EnvEntry, PodAddresses } from '../materials.ts'
import { RuntimeRefusal } from '../runtime.ts'
import { expand } from './expansion.ts'
import { type Allocatable, type FieldRef, fieldValue, type ResourceFieldRef, resourceValue } from './field-values.ts'
import { ifThere, messageOf, type ObjectKind, type Objects } from './objects.ts'

export interface EnvironmentFacts {
  readonly objects: Objects
  readonly allocatable: Allocatable
  readonly addresses: PodAddresses
  /** What every container gets that does not say otherwise: where the API server is. */
  readonly inherited: readonly EnvEntry[]
}

interface KeyRef {
  readonly name?: string
  readonly key: string
  readonly optional?: boolean
}

interface EnvVar {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: {
    readonly fieldRef?: FieldRef
    readonly resourceFieldRef?: ResourceFieldRef
    readonly configMapKeyRef?: KeyRef
    readonly secretKeyRef?: KeyRef
  }
}

interface EnvFrom {
  readonly prefix?: string
  readonly configMapRef?: { readonly name?: string; readonly optional?: boolean }
  readonly secretRef?: { readonly name?: string; readonly optional?: boolean }
}

/** Rejects with RuntimeRefusal `CreateContainerConfigError`. */
export async function environmentOf(pod: Pod, container: Container, facts: EnvironmentFacts): Promise<EnvEntry[]> {
  try {
    return await environment(pod, container, facts)
  } catch (error) {
    throw new RuntimeRefusal('CreateContainerConfigError', messageOf(error))
  }
}

async function environment(pod: Pod, container: Container, facts: EnvironmentFacts): Promise<EnvEntry[]> {
  const { namespace = '' } = pod.metadata
  const known = new Map<string, string>()
  const inherited = new Map(facts.inherited.map(({ name, value }) => [name, value]))
  const read = objectsOnce(facts.objects, namespace)
  for (const from of (container.envFrom ?? []) as EnvFrom[]) {
    for (const [key, value] of await allOf(read, from)) known.set(`${from.prefix ?? ''}${key}`, value.toString('utf8'))
  }
  const valueBefore = (name: string) => known.get(name) ?? inherited.get(name)
  for (const entry of (container.env ?? []) as EnvVar[]) {
    const { name, value = '', valueFrom } = entry
    // A value of its own refers only to what stands before it.
    const found =
      value !== '' || valueFrom === undefined
        ? expand(value, valueBefore)
        : await valueFromElsewhere(pod, container, valueFrom, facts, read)
    if (found !== undefined) known.set(name, found)
  }
  for (const [name, value] of inherited) if (!known.has(name)) known.set(name, value)
  return [...known].map(([name, value]) => ({ name, value }))
}

type Read = (kind: ObjectKind, name: string) => Promise<ReadonlyMap<string, Buffer>>

/** One start reads each object once, however many variables name it. */
function objectsOnce(objects: Objects, namespace: string): Read {
  const known = new Map<string, Promise<ReadonlyMap<string, Buffer>>>()
  return (kind, name) => {
    const id = `${kind}/${name}`
    const entries = known.get(id) ?? objects.entries(kind, namespace, name)
    known.set(id, entries)
    return entries
  }
}

async function allOf(read: Read, { configMapRef, secretRef }: EnvFrom): Promise<ReadonlyMap<string, Buffer>> {
  const kind = configMapRef === undefined ? 'Secret' : 'ConfigMap'
  const ref = configMapRef ?? secretRef
  if (ref === undefined) return new Map()
  return (await ifThere(ref.optional, read(kind, ref.name ?? ''))) ?? new Map()
}

/** Undefined: the variable is left out. */
async function valueFromElsewhere(
  pod: Pod,
  container: Container,
  from: NonNullable<EnvVar['valueFrom']>,
  { allocatable, addresses }: EnvironmentFacts,
  read: Read,
): Promise<string | undefined> {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = from
  const { namespace = '' } = pod.metadata
  if (fieldRef !== undefined) {
    return fieldValue(pod, fieldRef.fieldPath, addresses) ?? refuse(`unsupported fieldPath: ${fieldRef.fieldPath}`)
  }
  if (resourceFieldRef !== undefined) {
    const value = resourceValue(container, resourceFieldRef, allocatable)
    return value ?? refuse(`unsupported container resource : ${resourceFieldRef.resource}`)
  }
  const kind = configMapKeyRef === undefined ? 'Secret' : 'ConfigMap'
  const ref = configMapKeyRef ?? secretKeyRef
  if (ref === undefined) return undefined
  const { name = '', key, optional } = ref
  const value = (await ifThere(optional, read(kind, name)))?.get(key)
  if (value === undefined && optional !== true) refuse(`couldn't find key ${key} in ${kind} ${namespace}/${name}`)
  return value?.toString('utf8')
}

function refuse(why: string): never {
  throw new Error(why)
}
