// A real API server for contestants that take turns: bare nodes, pods that are bound, become Ready and go as fast as the
// server takes it, and nothing else. The clock is that of an outside watcher, the CPU that of the contestant's process.
import { setTimeout as sleep } from 'node:timers/promises'
import { daemonSets, nodes, pods } from '../../src/api/resources.ts'
import type { DaemonSet, Node, Pod } from '../../src/api/types.ts'
import { inParallel } from '../../src/base/in-parallel.ts'
import { silentLog } from '../../src/base/log.ts'
import { systemClock, systemRandom } from '../../src/cli/host/system.ts'
import type { Client } from '../../src/client/client.ts'
import { createInformer } from '../../src/client/informer.ts'
import { startApiserver } from '../../test/kubernetes/apiserver.ts'
import { type Contestant, startController } from '../../test/kubernetes/contestants.ts'
import { until } from '../../test/kubernetes/programs.ts'
import { cpuNs } from '../machine.ts'

const limits = { requests: 48, waitMs: 1_200_000, pollMs: 5 } as const
/** kube-controller-manager without its brake; ours has none. */
const unthrottled = ['--kube-api-qps=100000', '--kube-api-burst=100000']

export interface Measured {
  /** Seconds until it was as it should be. */
  readonly wall: number
  /** Seconds of CPU of the contestant. */
  readonly cpu: number
}

export interface Arena {
  readonly client: Client
  /** By key. */
  readonly pods: ReadonlyMap<string, Pod>
  addNodes(from: number, to: number, labels?: (at: number) => Record<string, string>): Promise<void>
  /** With a contestant at work; afterwards no pods are left, and no DaemonSets. */
  turn<T>(which: Contestant, play: (measured: Measure) => Promise<T>): Promise<T>
  stop(): Promise<void>
}

/** What it costs from `begin` until `done` says so. */
export type Measure = (
  begin: () => Promise<unknown>,
  done: (seen: ReadonlyMap<string, Pod>) => boolean,
) => Promise<Measured>

export async function openArena(): Promise<Arena> {
  const server = await startApiserver({ withoutPlugins: ['ServiceAccount', 'TaintNodesByCondition'] })
  const { client, kubeconfig } = server
  const seen = new Map<string, Pod>()
  const waiting: Pod[] = []
  let working = 0
  const informer = createInformer<Pod>({
    client,
    resource: pods,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  })
  informer.onChange(({ type, object }) => {
    const key = object.metadata.uid!
    if (type === 'deleted') seen.delete(key)
    else {
      seen.set(key, object)
      waiting.push(object)
      work()
    }
  })
  const stopInformer = informer.start()
  await informer.synced

  function work(): void {
    while (working < limits.requests && waiting.length > 0) {
      working++
      void helpOn(client, waiting.shift()!)
        .catch(() => {})
        .finally(() => {
          working--
          work()
        })
    }
  }

  /** A waiter that asks often, because what it waits for may take milliseconds. */
  async function seenToBe(done: (seen: ReadonlyMap<string, Pod>) => boolean, which: Contestant): Promise<void> {
    for (const end = Date.now() + limits.waitMs; !done(seen); await sleep(limits.pollMs)) {
      if (Date.now() > end) throw new Error(`${which} did not get there: ${seen.size} pods`)
    }
  }

  async function emptied(): Promise<void> {
    const { items } = await client.list<DaemonSet>(daemonSets)
    await inParallel(items, limits.requests, async ({ metadata }) => {
      await client.delete(
        daemonSets,
        { namespace: 'default', name: metadata.name! },
        { propagationPolicy: 'Background' },
      )
    })
    const collections = ['/api/v1/namespaces/default/pods', '/apis/apps/v1/namespaces/default/controllerrevisions']
    for (const path of collections) await client.raw({ method: 'DELETE', path, query: { gracePeriodSeconds: '0' } })
    await until(
      async () => seen.size === 0,
      limits.waitMs,
      () => `${seen.size} pods are left`,
    )
  }

  return {
    client,
    pods: seen,
    async addNodes(from, to, labels = () => ({})) {
      const numbers = Array.from({ length: to - from }, (_, i) => from + i)
      await inParallel(numbers, limits.requests, async (at) => {
        const node: Node = { apiVersion: 'v1', kind: 'Node', metadata: { name: `n${at}`, labels: labels(at) } }
        await client.create(nodes, node)
      })
    },
    async turn(which, play) {
      const controller = await startController(which, kubeconfig, which === 'everynode' ? [] : unthrottled)
      try {
        return await play(async (begin, done) => {
          const [startedMs, startedNs] = [performance.now(), cpuNs(controller.pid) ?? Number.NaN]
          await begin()
          await seenToBe(done, which)
          const wall = (performance.now() - startedMs) / 1000
          return { wall, cpu: ((cpuNs(controller.pid) ?? Number.NaN) - startedNs) / 1e9 }
        })
      } finally {
        await controller.stop()
        await emptied()
      }
    },
    async stop() {
      stopInformer()
      await server.stop()
    },
  }
}

/** The scheduler's part and the kubelet's, whichever is next. */
async function helpOn(client: Client, { metadata, spec, status }: Pod): Promise<void> {
  const at = { namespace: metadata.namespace!, name: metadata.name! }
  const path = `/api/v1/namespaces/${at.namespace}/pods/${at.name}`
  if (metadata.deletionTimestamp !== undefined) await client.delete(pods, at, { gracePeriodSeconds: 0 })
  else if (spec.nodeName === undefined) {
    const target = { kind: 'Node', name: pinOf(spec) }
    const body = JSON.stringify({ apiVersion: 'v1', kind: 'Binding', metadata: { name: at.name }, target })
    await client.raw({ method: 'POST', path: `${path}/binding`, headers: { 'content-type': 'application/json' }, body })
  } else if (status?.phase !== 'Running') {
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: metadata.creationTimestamp }]
    await client.patch(
      pods,
      at,
      { type: 'merge', body: { status: { phase: 'Running', conditions } } },
      { subresource: 'status' },
    )
  }
}

function pinOf(spec: Pod['spec']): string {
  return /"metadata\.name","operator":"In","values":\["([^"]+)"/.exec(JSON.stringify(spec.affinity))?.[1] ?? ''
}

export function daemonSet(name: string, spec: object = {}, template: object = {}): DaemonSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: 'default' },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'c', image: 'a:1' }], ...template },
      },
      ...spec,
    },
  }
}

export function isReady({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp === undefined && status?.phase === 'Running'
}
