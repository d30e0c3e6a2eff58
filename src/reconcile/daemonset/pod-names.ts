// What is the pod for a node called? Either way the controller says it, so that a creation that got no answer can be sent
// again under the same name, and is refused by the server (409) where it had been done after all (0011).

import { dns1123Subdomain, generatedName } from '../../api/names.ts'
import type { DaemonSet, Pod } from '../../api/types.ts'
import type { Random } from '../../base/random.ts'
import { safeEncode } from './revision-hash.ts'
import { type DaemonSetFacts, podFacts } from './snapshot.ts'

/** `generated` by chance, as upstream's server does it, or `derived` from the DaemonSet, the node and the revision. */
export type PodNames = 'generated' | 'derived'

export const podNameLimits = {
  /** Names that one creation tries, each refused by the server. Upstream's server draws eight. */
  attempts: 20,
} as const

export interface NameRules {
  readonly daemonSet: Pick<DaemonSetFacts, 'name' | 'uid'>
  readonly hash: string
  readonly podNames: PodNames
  readonly random: Random
}

/** The name to try when so many before it were taken. */
export function podName({ daemonSet, hash, podNames, random }: NameRules, node: string, attempt = 0): string {
  return podNames === 'derived'
    ? derivedPodName(daemonSet, node, hash, attempt)
    : generatedName(podPrefix(daemonSet), random)
}

/**
 * Does this pod, whose name was refused, keep it from the one that is wanted? Not if it is the wanted one, or goes by
 * itself soon: then there is nothing to do but to wait. Whatever was released, is of another revision or is kept by a
 * finalizer stays. No cache is asked which names are free: whoever starts from an old one must come to the same name.
 */
export function keepsItsName(pod: Pod, { daemonSet, hash }: Pick<NameRules, 'daemonSet' | 'hash'>): boolean {
  const { controller, terminating, hash: itsHash } = podFacts(pod)
  if (controller?.uid !== daemonSet.uid) return true
  return terminating ? (pod.metadata.finalizers ?? []).length > 0 : itsHash !== hash
}

/** R8.2: with a dash where that makes a valid name. */
export function podPrefix({ name }: Pick<DaemonSet['metadata'], 'name'>): string {
  const prefix = `${name}-`
  return dns1123Subdomain(`${prefix}x`).length === 0 ? prefix : `${name}`
}

/**
 * The same for the same DaemonSet, node and revision, whoever asks; different for others, but for one in 2⁶⁴. The next
 * attempt is for where a pod that is not the DaemonSet's any more has kept the name.
 */
export function derivedPodName(
  { name, uid }: Pick<DaemonSetFacts, 'name' | 'uid'>,
  node: string,
  hash: string,
  attempt = 0,
): string {
  const text = [uid, node, hash, ...(attempt === 0 ? [] : [attempt])].join('/')
  const suffix = safeEncode(fnv64(text).toString())
  return `${name.slice(0, derivedPrefixLength).replace(/[-.]+$/, '')}-${suffix}`
}

/** A pod's name becomes its host name, which is 63 characters long at most; the suffix takes up to 20 of them. */
const derivedPrefixLength = 42

/** FNV-1a of the text's UTF-16 code units, 64 bits. */
function fnv64(text: string): bigint {
  let hash = 0xcbf29ce484222325n
  for (let i = 0; i < text.length; i++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n)
  }
  return hash
}
