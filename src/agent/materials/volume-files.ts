// What stands in the files of a volume that the agent writes: config maps, secrets, fields of the pod, tokens, and all
// of these in one. Upstream: pkg/volume/{configmap,secret,downwardapi,projected}.

import type { Pod } from '../../api/types.ts'
import type { VolumeFile, VolumeFiles } from './atomic-writer.ts'
import { type Allocatable, fieldValue, resourceValue } from './field-values.ts'
import { ifThere, type ObjectKind, type Objects } from './objects.ts'
import type { ConfigMapSource, DownwardAPISource, TokenSource, Volume } from './volume-sources.ts'

export interface FileSources {
  readonly objects: Objects
  readonly token: (pod: Pod, source: TokenSource) => Promise<string>
  readonly allocatable: Allocatable
}

/** Rejects with an Error that says what is missing. */
export async function filesOf(pod: Pod, volume: Volume, sources: FileSources): Promise<VolumeFiles> {
  const { configMap, secret, downwardAPI, projected } = volume
  const mode = (configMap ?? secret ?? downwardAPI ?? projected)?.defaultMode ?? 0o644
  if (configMap !== undefined) return fromObject('ConfigMap', pod, configMap, mode, sources)
  if (secret !== undefined) {
    return fromObject('Secret', pod, { ...secret, name: secret.secretName ?? '' }, mode, sources)
  }
  if (downwardAPI !== undefined) return fromPod(pod, downwardAPI, mode, sources)
  const files = new Map<string, VolumeFile>()
  for (const source of projected?.sources ?? []) {
    const { configMap, secret, downwardAPI, serviceAccountToken } = source
    let found: VolumeFiles
    if (configMap !== undefined) found = await fromObject('ConfigMap', pod, configMap, mode, sources)
    else if (secret !== undefined) found = await fromObject('Secret', pod, secret, mode, sources)
    else if (downwardAPI !== undefined) found = fromPod(pod, downwardAPI, mode, sources)
    else if (serviceAccountToken !== undefined) found = await fromAccount(pod, serviceAccountToken, mode, sources)
    else throw new Error(`no such projected source on this node: ${Object.keys(source).join(', ')}`)
    for (const [path, file] of found) files.set(path, file)
  }
  return files
}

export interface Reference {
  readonly kind: ObjectKind
  readonly name: string
}

/** The objects that a volume's files are made from. */
export function referencesOf({ configMap, secret, projected }: Volume): readonly Reference[] {
  const ofOne = [{ configMap, secret: secret && { name: secret.secretName } }, ...(projected?.sources ?? [])]
  return ofOne
    .flatMap(({ configMap, secret }): Reference[] => [
      { kind: 'ConfigMap', name: configMap?.name ?? '' },
      { kind: 'Secret', name: secret?.name ?? '' },
    ])
    .filter(({ name }) => name !== '')
}

/** Whether a volume shows labels or annotations, which may change while the pod runs. */
export function showsMetadata({ downwardAPI, projected }: Volume): boolean {
  const sources = [downwardAPI, ...(projected?.sources ?? []).map((source) => source.downwardAPI)]
  return sources.some((source) =>
    source?.items?.some(({ fieldRef }) => /^metadata\.(labels|annotations)/.test(fieldRef?.fieldPath ?? '')),
  )
}

async function fromObject(
  kind: ObjectKind,
  pod: Pod,
  { name = '', items, optional }: ConfigMapSource,
  mode: number,
  { objects }: FileSources,
): Promise<VolumeFiles> {
  const entries = (await ifThere(optional, objects.entries(kind, pod.metadata.namespace ?? '', name))) ?? new Map()
  if (items === undefined || items.length === 0) {
    return new Map([...entries].map(([key, content]) => [key, { content, mode }]))
  }
  const files = new Map<string, VolumeFile>()
  for (const item of items) {
    const content = entries.get(item.key)
    if (content !== undefined) files.set(item.path, { content, mode: item.mode ?? mode })
    else if (optional !== true) {
      const what = kind === 'ConfigMap' ? 'configmap references non-existent config' : 'references non-existent secret'
      throw new Error(`${what} key: ${item.key}`)
    }
  }
  return files
}

/** Addresses are no fields of a volume, so all of it is known before the sandbox. */
function fromPod(pod: Pod, { items = [] }: DownwardAPISource, mode: number, { allocatable }: FileSources): VolumeFiles {
  const files = new Map<string, VolumeFile>()
  for (const { path, fieldRef, resourceFieldRef, mode: own } of items) {
    let text: string | undefined
    if (fieldRef !== undefined) text = fieldValue(pod, fieldRef.fieldPath)
    if (resourceFieldRef !== undefined) {
      const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
      const container = all.find(({ name }) => name === resourceFieldRef.containerName)
      if (container === undefined) throw new Error(`container ${resourceFieldRef.containerName} not found`)
      text = resourceValue(container, resourceFieldRef, allocatable)
    }
    const asked = fieldRef?.fieldPath ?? resourceFieldRef?.resource
    if (text === undefined) throw new Error(`unsupported fieldPath: ${asked}`)
    files.set(path, { content: Buffer.from(text), mode: own ?? mode })
  }
  return files
}

async function fromAccount(pod: Pod, source: TokenSource, mode: number, { token }: FileSources): Promise<VolumeFiles> {
  const { fsGroup } = podSecurityOf(pod)
  const uid = userOf(pod)
  const content = Buffer.from(await token(pod, source))
  // Who else may read it is said by its owner then. Upstream: projected.go, collectData.
  const isOwned = uid !== undefined || fsGroup !== undefined
  return new Map([[source.path, { content, mode: isOwned ? 0o600 : mode, uid }]])
}

interface SecurityContext {
  readonly runAsUser?: number
  readonly fsGroup?: number
}

export function podSecurityOf(pod: Pod): SecurityContext {
  return (pod.spec.securityContext ?? {}) as SecurityContext
}

/** The user that all containers run as; undefined where they differ or leave it to their images. */
function userOf(pod: Pod): number | undefined {
  const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
  const users = new Set(
    all.map(({ securityContext }) => (securityContext as SecurityContext)?.runAsUser ?? podSecurityOf(pod).runAsUser),
  )
  return users.size === 1 ? [...users][0] : undefined
}
