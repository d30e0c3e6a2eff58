// Ours against the original, in turns on one kube-apiserver: what a rollout costs, many DaemonSets, a node that joins.
import { daemonSets } from '../../src/api/resources.ts'
import type { Pod } from '../../src/api/types.ts'
import { inParallel } from '../../src/base/in-parallel.ts'
import { assets } from '../../test/kubernetes/assets.ts'
import type { Contestant } from '../../test/kubernetes/contestants.ts'
import type { Metric, RunOptions, Scenario } from '../scenario.ts'
import { quantile } from '../statistics.ts'
import { type Arena, daemonSet, isReady, type Measure, type Measured, openArena } from './arena.ts'

/** Nodes that each of the many DaemonSets is on. */
const share = 25
const joins = 20

const rollout = against({
  name: 'rollout-create',
  question: 'one DaemonSet on every node, until all its pods are Ready',
  goal: { id: 'C2', must: 0.4, moonshot: 0.12 },
  play: ({ nodes }) => [undefined, (arena, measure) => created(arena, measure, nodes)],
})

const update = against({
  name: 'rollout-update',
  question: 'another image, a tenth of the nodes at a time, until all pods are new and Ready',
  goal: { id: 'C4', must: 0.3, moonshot: 0.08 },
  play: ({ nodes }) => [
    undefined,
    async (arena, measure) => {
      await created(arena, measure, nodes)
      const body = { spec: { template: { spec: { containers: [{ name: 'c', image: 'a:2' }] } } } }
      const at = { namespace: 'default', name: 'all' }
      const isNew = (pod: Pod) => isReady(pod) && pod.spec.containers[0]?.image === 'a:2'
      return measure(
        () => arena.client.patch(daemonSets, at, { type: 'strategic', body }),
        (seen) => seen.size === nodes && [...seen.values()].every(isNew),
      )
    },
  ],
})

const manySets = against({
  name: 'many-sets',
  question: `a DaemonSet for every ${share} nodes, created together`,
  goal: { id: 'C9', must: 0.05, moonshot: 0.01 },
  play: ({ nodes }) => [labelsFor(nodes), (arena, measure) => createdMany(arena, measure, nodes, nodes)],
})

const joinOne = against({
  name: 'join-one',
  question: `nodes join one by one, and of a DaemonSet for every ${share} nodes one wants each; a node's part`,
  goal: { id: 'C8', must: 0.05, moonshot: 0.01 },
  play: ({ nodes }) => {
    let next = nodes
    return [
      labelsFor(nodes),
      async (arena, measure) => {
        await createdMany(arena, measure, nodes, next)
        const walls: number[] = []
        let cpu = 0
        for (let i = 0; i < joins; i++, next++) {
          const name = `n${next}`
          const one = await measure(
            () => arena.addNodes(next, next + 1, labelsFor(nodes)),
            (seen) => [...seen.values()].some(({ spec }) => spec.nodeName === name),
          )
          walls.push(one.wall)
          cpu += one.cpu
        }
        return { wall: quantile(walls, 0.5), cpu: cpu / joins }
      },
    ]
  },
})

export const againstOriginal: readonly Scenario[] = [rollout, update, manySets, joinOne]

type Labels = ((at: number) => Record<string, string>) | undefined
type Play = (arena: Arena, measure: Measure) => Promise<Measured>

interface Against {
  readonly name: string
  readonly question: string
  /** Of the CPU, ours to the original's; for 5,000 nodes. */
  readonly goal: { readonly id: string; readonly must: number; readonly moonshot: number }
  play(options: RunOptions): readonly [labels: Labels, play: Play]
}

function against({ name, question, goal, play }: Against): Scenario {
  const metrics: Metric[] = [
    { name: 'everynode', unit: 's' },
    { name: 'kube-controller-manager', unit: 's' },
    { name: 'everynode: CPU', unit: 's' },
    { name: 'kube-controller-manager: CPU', unit: 's' },
    { name: 'CPU, ours to theirs', unit: '', goal: { ...goal, better: 'less', atNodes: 5000 } },
  ]
  return {
    name,
    question,
    runs: 2,
    nodes: 1000,
    contestants: ['kcm'],
    metrics,
    async run(options) {
      if (assets === undefined) throw new Error('no kube-apiserver: npm run kubernetes:assets, or KUBEBUILDER_ASSETS')
      const arena = await openArena()
      try {
        const [labels, turn] = play(options)
        await arena.addNodes(0, options.nodes, labels)
        const played = async (which: Contestant) => {
          const measured = await arena.turn(which, (measure) => turn(arena, measure))
          options.say(`${which}: ${measured.wall.toFixed(3)} s, ${measured.cpu.toFixed(3)} s of CPU`)
          return measured
        }
        const ours = await played('everynode')
        const theirs = await played('kube-controller-manager')
        return {
          everynode: ours.wall,
          'kube-controller-manager': theirs.wall,
          'everynode: CPU': ours.cpu,
          'kube-controller-manager: CPU': theirs.cpu,
          'CPU, ours to theirs': ours.cpu / theirs.cpu,
        }
      } finally {
        await arena.stop()
      }
    },
  }
}

function created(arena: Arena, measure: Measure, count: number): Promise<Measured> {
  const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } }
  return measure(
    () => arena.client.create(daemonSets, daemonSet('all', { updateStrategy })),
    (seen) => seen.size === count && [...seen.values()].every(isReady),
  )
}

function labelsFor(nodes: number): (at: number) => Record<string, string> {
  return (at) => ({ [`set-${at % setsFor(nodes)}`]: 'yes' })
}

function setsFor(nodes: number): number {
  return Math.ceil(nodes / share)
}

function createdMany(arena: Arena, measure: Measure, nodes: number, count: number): Promise<Measured> {
  const names = Array.from({ length: setsFor(nodes) }, (_, i) => `set-${i}`)
  return measure(
    () =>
      inParallel(names, 32, async (name) => {
        await arena.client.create(daemonSets, daemonSet(name, {}, { nodeSelector: { [name]: 'yes' } }))
      }),
    (seen) => seen.size === count && [...seen.values()].every(isReady),
  )
}
