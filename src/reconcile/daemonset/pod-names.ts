// What is the pod for a node called? Either way the controller says it, so that a creation that got no answer can be sent
// again under the same name, and is refused by the server (409) where it had been done after all (0011).

import { dns1123Subdomain, generatedName } from '../../api/names.ts'
import type { DaemonSet } from '../../api/types.ts'
import type { Random } from '../../base/random.ts'
import { safeEncode } from './revision-hash.ts'
import type { DaemonSetFacts, PodFacts } from './snapshot.ts'

/** `generated` by chance, as upstream's server does it, or `derived` from the DaemonSet, the node and the revision. */
export type PodNames = 'generated' | 'derived'

export const podNameLimits = {
  /** Names that are tried before one that is taken is sent, and refused. Upstream draws eight. */
  attempts: 100,
} as const

export interface NameRules {
  readonly daemonSet: Pick<DaemonSetFacts, 'name' | 'uid'>
  readonly hash: string
  readonly podNames: PodNames
  readonly random: Random
}

/** The first name that no pod but the one that is wanted has, as far as is known. */
export function podName(
  { daemonSet, hash, podNames, random }: NameRules,
  node: string,
  holderOf: (name: string) => PodFacts | undefined,
): string {
  for (let attempt = 0; ; attempt++) {
    const name =
      podNames === 'derived'
        ? derivedPodName(daemonSet, node, hash, attempt)
        : generatedName(podPrefix(daemonSet), random)
    const holder = holderOf(name)
    if (holder === undefined || isWanted(holder) || attempt === podNameLimits.attempts) return name
  }

  /** Not one that was released, that is of another revision, or that a finalizer keeps. */
  function isWanted(pod: PodFacts): boolean {
    return pod.controller?.uid === daemonSet.uid && pod.hash === hash && pod.target === node && !pod.terminating
  }
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
