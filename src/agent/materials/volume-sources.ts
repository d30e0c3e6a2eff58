// The volumes of a pod as the API has validated them: the fields that we put up, and the word for what a volume is.

import type { Pod } from '../../api/types.ts'
import type { FieldRef, ResourceFieldRef } from './field-values.ts'

export interface Volume {
  readonly name: string
  readonly hostPath?: { readonly path: string; readonly type?: string }
  readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string }
  readonly configMap?: ConfigMapSource & { readonly defaultMode?: number }
  readonly secret?: Omit<ConfigMapSource, 'name'> & { readonly secretName?: string; readonly defaultMode?: number }
  readonly downwardAPI?: DownwardAPISource & { readonly defaultMode?: number }
  readonly projected?: { readonly sources?: readonly ProjectedSource[]; readonly defaultMode?: number }
}

export interface ConfigMapSource {
  readonly name?: string
  readonly items?: readonly KeyToPath[]
  readonly optional?: boolean
}

export interface KeyToPath {
  readonly key: string
  readonly path: string
  readonly mode?: number
}

export interface DownwardAPISource {
  readonly items?: readonly {
    readonly path: string
    readonly fieldRef?: FieldRef
    readonly resourceFieldRef?: ResourceFieldRef
    readonly mode?: number
  }[]
}

export interface TokenSource {
  readonly audience?: string
  readonly expirationSeconds?: number
  readonly path: string
}

export interface ProjectedSource {
  readonly configMap?: ConfigMapSource
  readonly secret?: ConfigMapSource
  readonly downwardAPI?: DownwardAPISource
  readonly serviceAccountToken?: TokenSource
  readonly [other: string]: unknown
}

/** Volumes whose files are written by the agent: read-only in every container, and replaced when their sources change. */
export const writtenKinds = ['configMap', 'secret', 'downwardAPI', 'projected'] as const

const kinds = ['hostPath', 'emptyDir', ...writtenKinds] as const

export type VolumeKind = (typeof kinds)[number]

export function volumesOf(pod: Pod): readonly Volume[] {
  return (pod.spec.volumes ?? []) as readonly Volume[]
}

/** Undefined for what we do not put up: a disk over the network, a claim, a driver's volume. */
export function kindOf(volume: Volume): VolumeKind | undefined {
  return kinds.find((kind) => volume[kind] !== undefined)
}

export function isWritten(volume: Volume): boolean {
  return writtenKinds.some((kind) => volume[kind] !== undefined)
}
