// What a DaemonSet controller follows, told by a test instead of a server: events go in, the keys that they queue come out.

import type { ApiObject, ControllerRevision, DaemonSet, Node, Pod } from '../src/api/types.ts'
import type { Change, Indexes } from '../src/client/cache.ts'
import type { Informer } from '../src/client/informer.ts'
import { Mirror } from '../src/client/mirror.ts'
import { daemonSetIndexes, podIndexes, revisionIndexes } from '../src/controller/daemonset/facts.ts'
import { Gathering } from '../src/controller/daemonset/gather.ts'
import { createTriggers } from '../src/controller/daemonset/triggers.ts'

/** An informer that is told by the test. */
function told<T extends ApiObject>(indexes: Indexes<T>, onChange: (change: Change<T>) => void) {
  const mirror = new Mirror<T>(indexes)
  let version = 0
  const tell = (changes: readonly Change<T>[]) => changes.forEach(onChange)
  const informer = {
    get: (key: string) => mirror.cache.get(key),
    list: () => mirror.cache.list(),
    byIndex: (name: string, value: string) => mirror.cache.byIndex(name, value),
    byIndexPrefix: (name: string, prefix: string) => mirror.cache.byIndexPrefix(name, prefix),
  } as Informer<T>
  return {
    informer,
    /** Once more, as it is known already. */
    tell: (object: T) => tell(mirror.apply({ do: 'put', object }, 0)),
    put: (object: T) =>
      tell(
        mirror.apply(
          { do: 'put', object: { ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } } },
          0,
        ),
      ),
    remove: (key: string) => {
      const object = mirror.cache.get(key)
      if (object !== undefined) tell(mirror.apply({ do: 'remove', object }, 0))
    },
  }
}

/** The triggers of one DaemonSet's world, and what they queued. */
export function toldWorld() {
  const key = 'default/logger'
  const queued = new Set<string>()
  const urgent: string[] = []
  const forgotten: string[] = []
  const caches = {} as { -readonly [name in 'daemonSets' | 'pods' | 'nodes' | 'revisions']: never }
  const gathering: { it: Gathering | undefined } = { it: undefined }
  const triggers = createTriggers({
    caches,
    enqueue: (one, how) => {
      queued.add(one)
      if (how === 'urgent') urgent.push(one)
    },
    gathering: (one) => (one === key ? gathering.it : undefined),
    forget: (one) => forgotten.push(one),
  })
  const daemonSets = told<DaemonSet>(daemonSetIndexes, triggers.onDaemonSet)
  const pods = told<Pod>(podIndexes, triggers.onPod)
  const nodes = told<Node>({}, triggers.onNode)
  const revisions = told<ControllerRevision>(revisionIndexes, triggers.onRevision)
  Object.assign(caches, {
    daemonSets: daemonSets.informer,
    pods: pods.informer,
    nodes: nodes.informer,
    revisions: revisions.informer,
  })
  gathering.it = new Gathering(caches, 'scheduler', 'u1')
  return { key, queued, urgent, forgotten, daemonSets, pods, nodes, revisions, gathering: gathering.it, triggers }
}
