// What the authorizer may look up while it decides: where pods run and what they use, from the store and its indexes.

import { pods } from '../api/resources.ts'
import type { Pod } from '../api/types.ts'
import type { Store } from '../store/store.ts'
import { factsOf } from './facts.ts'
import type { AuthorizationFacts, UsedObject } from './identity/authorize.ts'
import type { Grants } from './identity/grants.ts'
import { referencesOf } from './identity/pod-references.ts'
import { parseStored, storeKey } from './stored.ts'
import type { WatchHubs } from './watch/hub.ts'

export interface FactSources {
  readonly store: Pick<Store, 'head'>
  readonly hubs: WatchHubs
  readonly grants: Grants
}

export function createFacts({ store, hubs, grants }: FactSources): AuthorizationFacts {
  return {
    nodeOfPod(namespace, name) {
      const record = store.head(pods.collection, storeKey(namespace, name))
      const nodeName = record === undefined ? undefined : factsOf(pods, record.bytes).spec?.nodeName
      return typeof nodeName === 'string' && nodeName !== '' ? nodeName : undefined
    },
    // A node has at most some hundred pods: they are looked through, rather than keeping a graph of all.
    isUsedOnNode(nodeName, used) {
      const prefix = `${used.namespace}/`
      return hubs
        .of(pods)
        .keysOnNode(nodeName)
        .some((key) => key.startsWith(prefix) && uses(store.head(pods.collection, key)?.bytes, used))
    },
    grants,
  }
}

function uses(pod: Uint8Array | undefined, { plural, name }: UsedObject): boolean {
  if (pod === undefined) return false
  let references = known.get(pod)
  if (references === undefined) {
    references = referencesOf(parseStored<Pod>(pod))
    known.set(pod, references)
  }
  return references.has(`${plural}/${name}`)
}

const known = new WeakMap<Uint8Array, ReadonlySet<string>>()
