// Empties a namespace that has been deleted, says meanwhile what is left, and lets it go (W11.11).
// Upstream: pkg/controller/namespace/deletion/namespaced_resources_deleter.go.

import { namespaces, pods, type Resource, resources } from '../api/resources.ts'
import { ApiError, errorFromStatus, reasonOf } from '../api/status.ts'
import { formatTime } from '../api/time.ts'
import type { ApiObject, Namespace, Pod } from '../api/types.ts'
import { type Backoff, backoffMs } from '../base/backoff.ts'
import { jsonEqual } from '../base/json.ts'
import type { Running } from '../base/running.ts'
import { type ControllerOptions, startController } from './controller.ts'
import { namespaceConditions, type Remaining } from './namespace-conditions.ts'

const finalizer = 'kubernetes'
const workers = 10
/** While something is left: looked at again after so long, and whenever a pod of it has gone. */
const lookAgain: Backoff = { initialMs: 500, maxMs: 15_000 }

/** Everything that lives in a namespace and can be deleted; pods first, so that nothing they use goes before them. */
const content: readonly Resource[] = resources
  .filter(
    (resource, i) =>
      resource.namespaced &&
      resource.verbs.includes('deletecollection') &&
      resource.verbs.includes('list') &&
      resources.findIndex((other) => other.collection === resource.collection) === i,
  )
  .sort((a, b) => Number(b === pods) - Number(a === pods))

export function startNamespaceController(options: ControllerOptions): Running {
  const { client, clock } = options
  return startController('namespace', options, ({ queue, log, follow }) => {
    const rounds = new Map<string, number>()
    const known = follow<Namespace>(namespaces, ({ type, object }) => {
      const { name = '', deletionTimestamp } = object.metadata
      if (type === 'deleted') rounds.delete(name)
      else if (deletionTimestamp !== undefined) queue.add(name)
    })
    follow<Pod>(pods, ({ type, object: { metadata } }) => {
      if (type === 'deleted' && rounds.has(metadata.namespace ?? '')) queue.add(metadata.namespace!)
    })

    async function work(name: string): Promise<void> {
      const namespace = known.get(name)
      if (namespace?.metadata.deletionTimestamp === undefined) return
      if (namespace.spec?.finalizers?.includes(finalizer) !== true) return
      const failures: string[] = []
      const remaining: { resource: Resource; objects: readonly ApiObject[] }[] = []
      for (const resource of content) {
        const objects = await empty(resource, name, failures)
        remaining.push({ resource, objects })
        // Upstream since 1.33 (OrderedNamespaceDeletion): nothing else goes while pods are running.
        if (resource === pods && objects.length > 0) break
      }
      const isEmpty = failures.length === 0 && remaining.every(({ objects }) => objects.length === 0)
      await tell(namespace, remaining, failures)
      if (isEmpty) {
        await letGo(name)
        return
      }
      const round = (rounds.get(name) ?? 0) + 1
      rounds.set(name, round)
      queue.addAfter(name, backoffMs(lookAgain, round))
    }

    /** Asks everything of one kind to go; returns what is still there. */
    async function empty(resource: Resource, namespace: string, failures: string[]): Promise<readonly ApiObject[]> {
      const before = await client.list<ApiObject>(resource, { namespace })
      if (before.items.length === 0) return []
      const waiting = before.items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      if (waiting.length > 0) {
        log.info('delete', { namespace, resource: resource.plural, count: waiting.length })
        try {
          await deleteAll(resource, namespace)
        } catch (error) {
          if (!(error instanceof ApiError)) throw error
          failures.push(error.message)
        }
      }
      return (await client.list<ApiObject>(resource, { namespace })).items
    }

    async function deleteAll(resource: Resource, namespace: string): Promise<void> {
      const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`
      const body = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' }
      const { status, text } = await client.raw({
        method: 'DELETE',
        path: `${root}/namespaces/${encodeURIComponent(namespace)}/${resource.plural}`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      if (status >= 300) throw errorFromStatus(JSON.parse(text), status)
    }

    async function tell(namespace: Namespace, remaining: Remaining, failures: readonly string[]): Promise<void> {
      const { name = '', uid } = namespace.metadata
      const before = namespace.status?.conditions ?? []
      const conditions = namespaceConditions(remaining, failures, before, formatTime(clock.now()))
      if (jsonEqual(before, conditions)) return
      const body = { metadata: { uid }, status: { conditions } }
      await unlessGone(() => client.patch(namespaces, { name, subresource: 'status' }, { type: 'strategic', body }))
    }

    async function letGo(name: string): Promise<void> {
      await unlessGone(async () => {
        const live = await client.get<Namespace>(namespaces, { name })
        const finalizers = live.spec?.finalizers?.filter((one) => one !== finalizer) ?? []
        await client.update<Namespace>(
          namespaces,
          { ...live, spec: { ...live.spec, finalizers } },
          { subresource: 'finalize' },
        )
      })
    }

    return { workers, work }
  })
}

async function unlessGone(act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (reasonOf(error) !== 'NotFound') throw error
  }
}
