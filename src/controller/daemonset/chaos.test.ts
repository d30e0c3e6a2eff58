import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DaemonSetCluster, daemonSet, type Kubelet, loggerOf, refusal } from '../../../test/daemonset-cluster.ts'
import { nodes, pods } from '../../api/resources.ts'
import { ApiError } from '../../api/status.ts'
import type { Node, Pod } from '../../api/types.ts'

/** `npm run test:all` plays more worlds. */
const runs = process.env.EVERYNODE_TESTS === 'all' ? 200 : 10

type Act =
  | { readonly do: 'add node' | 'remove node' | 'delete pod'; readonly at: number }
  | { readonly do: 'taint'; readonly at: number; readonly effect: 'NoSchedule' | 'NoExecute' | undefined }
  | { readonly do: 'kubelet'; readonly at: number; readonly is: Kubelet }
  | { readonly do: 'edit'; readonly image: string }
  | { readonly do: 'faults'; readonly fault: 'lost answers' | 'refusals' | 'none' }
  | { readonly do: 'stall'; readonly plural: 'pods' | 'nodes' | 'daemonsets'; readonly stalled: boolean }
  | { readonly do: 'restart' }
  | { readonly do: 'wait'; readonly ms: number }

const at = fc.nat(5)
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('add node' as const, 'remove node' as const, 'delete pod' as const),
      at,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('taint' as const),
      at,
      effect: fc.constantFrom(undefined, 'NoSchedule' as const, 'NoExecute' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('kubelet' as const),
      at,
      is: fc.constantFrom('ready' as const, 'hangs' as const, 'fails' as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('edit' as const), image: fc.constantFrom('1', '2', '3') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('faults' as const),
      fault: fc.constantFrom('lost answers' as const, 'refusals' as const, 'none' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('stall' as const),
      plural: fc.constantFrom('pods' as const, 'nodes' as const, 'daemonsets' as const),
      stalled: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' } as const) },
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 8000 }).map((ms) => ({ do: 'wait', ms }) as const) },
)

async function happen(cluster: DaemonSetCluster, what: Act, podNames: 'generated' | 'derived'): Promise<void> {
  const name = 'at' in what ? `n${what.at}` : ''
  const quietly = (work: Promise<unknown>) => work.catch(() => {})
  switch (what.do) {
    case 'add node':
      return void (await quietly(cluster.addNode(name)))
    case 'remove node':
      return void (await quietly(cluster.admin.delete(nodes, { name })))
    case 'delete pod': {
      const pod = cluster.pods[what.at]
      if (pod === undefined) return
      return void (await quietly(cluster.admin.delete(pods, { namespace: 'default', name: pod.metadata.name! })))
    }
    case 'taint':
      return void (await quietly(
        cluster.taintNode(name, what.effect === undefined ? [] : [{ key: 'k', effect: what.effect }]),
      ))
    case 'kubelet':
      cluster.kubelets.set(name, what.is)
      return
    case 'edit':
      return void (await quietly(loggerOf(cluster).setImage(`logger:${what.image}`)))
    case 'faults':
      cluster.onWrite = faulty(what.fault)
      return
    case 'stall':
      cluster.stallWatches(what.plural, what.stalled)
      return
    case 'restart':
      await cluster.stopController()
      // A new controller lists: it never starts from what another was told.
      for (const plural of ['pods', 'nodes', 'daemonsets']) cluster.stallWatches(plural, false)
      await cluster.start({ podNames })
      return
    case 'wait':
      await cluster.pass(what.ms)
      return
    default:
      what satisfies never
  }
}

/** Every third write of pods is done and not answered, or not done. */
function faulty(fault: 'lost answers' | 'refusals' | 'none'): DaemonSetCluster['onWrite'] {
  let count = 0
  return async (request, next) => {
    if (fault === 'none' || !request.path.includes('/pods') || ++count % 3 !== 0) return next(request)
    if (fault === 'refusals') return refusal(new ApiError('Forbidden', 'not now'))
    await next(request)
    throw new Error('connection reset')
  }
}

/** Sees each deletion the controller asks for, and how many wanted nodes serve nobody once it is done. */
async function watchDeletions(cluster: DaemonSetCluster, maxUnavailable: number, problems: string[]): Promise<void> {
  const going = new Set<string>()
  const known = new Map<string, Node>()
  cluster.store.subscribe(nodes.collection, ({ type, record }) => {
    if (type === 'deleted') known.delete(record.key)
    else known.set(record.key, JSON.parse(Buffer.from(record.bytes).toString()))
  })
  const serves = (pod: Pod) =>
    pod.metadata.deletionTimestamp === undefined &&
    !going.has(pod.metadata.uid!) &&
    pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true
  const isWanted = (name: string | undefined) => {
    const node = known.get(name ?? '')
    return node !== undefined && (node.spec?.taints ?? []).length === 0
  }
  cluster.beforeWrite = ({ method, path }) => {
    const pod = cluster.pods.find(({ metadata }) => method === 'DELETE' && path.endsWith(`/pods/${metadata.name}`))
    if (pod === undefined || !serves(pod)) return
    going.add(pod.metadata.uid!)
    if (!isWanted(pod.spec.nodeName)) return
    const serving = new Set(cluster.pods.filter(serves).map(({ spec }) => spec.nodeName))
    const down = [...known.keys()].filter((name) => isWanted(name) && !serving.has(name))
    if (down.length > maxUnavailable)
      problems.push(`${pod.metadata.name} taken from ${pod.spec.nodeName}: down are ${down}`)
  }
}

test('I2 no pod that serves is taken down while as many nodes as may be are down already', async () => {
  const calm = act.filter((what) => what.do !== 'stall' && what.do !== 'restart')
  await fc.assert(
    fc.asyncProperty(
      fc.array(calm, { minLength: 10, maxLength: 40 }),
      fc.constantFrom(1, 2),
      async (acts, maxUnavailable) => {
        const cluster = new DaemonSetCluster()
        const problems: string[] = []
        try {
          const logger = loggerOf(cluster)
          await watchDeletions(cluster, maxUnavailable, problems)
          await cluster.addNodes(5)
          await cluster.start()
          await logger.create(
            daemonSet('logger:1', { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable } } }),
          )
          await cluster.pass(5000)
          for (const what of acts) {
            await happen(cluster, what, 'generated')
            await cluster.settle()
          }
          expect(problems).toEqual([])
        } finally {
          await cluster.stop()
        }
      },
    ),
    { numRuns: runs },
  )
}, 300_000)

const limits = fc.constantFrom(
  { maxUnavailable: 1, maxSurge: 0 },
  { maxUnavailable: 2, maxSurge: 0 },
  { maxUnavailable: 0, maxSurge: 1 },
)

test('I1 L1 ST: one live pod a node through all faults, the right ones when they end, and then quiet', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(act, { minLength: 5, maxLength: 40 }),
      limits,
      fc.constantFrom('generated' as const, 'derived' as const),
      async (acts, rollingUpdate, podNames) => {
        const cluster = new DaemonSetCluster()
        try {
          const logger = loggerOf(cluster)
          await cluster.addNodes(4)
          await cluster.start({ podNames })
          await logger.create(daemonSet('logger:1', { updateStrategy: { type: 'RollingUpdate', rollingUpdate } }))
          for (const what of acts) await happen(cluster, what, podNames)
          expect(cluster.mostLive, 'I1').toBeLessThanOrEqual(rollingUpdate.maxSurge + 1)

          for (const plural of ['pods', 'nodes', 'daemonsets']) cluster.stallWatches(plural, false)
          cluster.onWrite = faulty('none')
          for (const name of cluster.kubelets.keys()) cluster.kubelets.set(name, 'ready')
          await logger.setImage('logger:last')
          // A node whose pods kept failing may wait for a while.
          await cluster.pass(1_000_000)
          const wanted = (await cluster.list<Node>(nodes)).filter((node) => (node.spec?.taints ?? []).length === 0)
          const expected = wanted.map((node) => `${node.metadata.name} ready last`).sort()
          const table = cluster.table().split(' | ')
          expect(
            table.filter((row) => wanted.some((node) => row.startsWith(`${node.metadata.name} `))),
            'L1',
          ).toEqual(expected.length === 0 ? [] : expected)
          expect(await logger.status(), 'I10').toMatchObject({
            desiredNumberScheduled: wanted.length,
            numberReady: wanted.length,
            numberMisscheduled: table.filter((row) => row !== '').length - wanted.length,
          })
          // What was kept up to date says what a controller says that sees it all for the first time: nothing to do.
          const written = cluster.written.length
          await cluster.stopController()
          await cluster.start({ podNames })
          await cluster.pass(60_000)
          expect(cluster.written.slice(written), 'I12 C17').toEqual([])
        } finally {
          await cluster.stop()
        }
      },
    ),
    { numRuns: runs },
  )
}, 300_000)
