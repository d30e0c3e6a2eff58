// What kind of world a seed draws: its size, how fast things are, which faults there are and how often. A seed has some
// of the faults, never all: a mixture of everything hides the bugs that need quiet.

import type { PodNames } from '../reconcile/daemonset/pod-names.ts'
import type { HistoryLimits } from '../store/history.ts'
import { Chance } from './chance.ts'

/** What may happen to one request or one piece of a watch, with its likelihood. */
export const messageFaults = [
  'request lost',
  'answer lost',
  'answer late',
  'request doubled',
  'answer cut off',
  'refused 500',
  'refused 503',
  'refused 429',
  'refused 502 by a proxy',
  'refused 409',
  'watch broken',
  'watch ended',
  'watch gone',
  'watch gone at once',
  'watch cut in pieces',
  'watch slow',
  'death before',
  'death done',
  'death answered',
] as const
export type MessageFault = (typeof messageFaults)[number]

/** What happens to a whole part, now and then. */
export const partFaults = [
  'server dies',
  'controllers die',
  'controllers pause',
  'nodes die',
  'node cut off',
  'controllers cut off',
  'watches freeze',
  'watches break',
  'disk slow',
] as const
export type PartFault = (typeof partFaults)[number]

export interface Swarm {
  readonly nodes: number
  readonly daemonSets: number
  readonly podNames: PodNames
  readonly controllers: 1 | 2
  readonly latencyMs: number
  readonly flushMs: number
  readonly history: HistoryLimits
  /** How long faults and people are at work. */
  readonly troubleMs: number
  /** Between two things that people do. */
  readonly userEveryMs: number
  readonly messages: ReadonlyMap<MessageFault, number>
  /** Faults, and the time between two of a kind. */
  readonly parts: ReadonlyMap<PartFault, number>
  /** Nothing anybody believes is older, while there are faults. */
  readonly stalenessMs: number
}

export function swarmOf(seed: number): Swarm {
  const chance = new Chance(seed, 'swarm')
  // A third of all seeds is nearly quiet: the checks are sharpest there.
  const likelihood = chance.of([0.06, 0.25, 0.4])
  const messages = new Map<MessageFault, number>()
  for (const fault of messageFaults) {
    const rate = 0.001 * chance.spread(2, 100)
    if (chance.happens(likelihood)) messages.set(fault, fault.startsWith('death') ? rate / 10 : rate)
  }
  const parts = new Map<PartFault, number>()
  for (const fault of partFaults) {
    const everyMs = chance.spread(5_000, 60_000)
    if (chance.happens(likelihood)) parts.set(fault, everyMs)
  }
  const latencyMs = chance.of([1, 5, 20, 100])
  const isQuiet = messages.size === 0 && parts.size === 0
  const podNames = chance.of(['generated', 'derived'] as const)
  // A creation that still waits for the disk when its maker has died is seen by nobody, and made again by who comes after
  // it: only a name that says which pod it is prevents that.
  const mayDie = parts.has('controllers die') || [...messages.keys()].some((fault) => fault.startsWith('death'))
  if (podNames === 'generated' && mayDie) parts.delete('disk slow')
  return {
    nodes: chance.between(1, 6),
    daemonSets: chance.between(1, 3),
    podNames,
    controllers: chance.happens(0.15) ? 2 : 1,
    latencyMs,
    flushMs: chance.of([0, 1, 5, 30]),
    history: { events: chance.of([20, 100, 1000]), bytes: 64 * 1024 * 1024 },
    troubleMs: chance.between(30, 120) * 1000,
    userEveryMs: chance.spread(500, 15_000),
    messages,
    parts,
    stalenessMs: isQuiet ? 3_000 + 10 * latencyMs : 300_000,
  }
}

export function printSwarm(swarm: Swarm): string {
  const faults = [...swarm.messages.keys(), ...swarm.parts.keys()]
  const { nodes, daemonSets, controllers, podNames, latencyMs } = swarm
  const size = `${nodes} nodes, ${daemonSets} DaemonSets, ${controllers} controllers, ${podNames} pod names`
  return `${size}, latency ${latencyMs} ms; faults: ${faults.length === 0 ? 'none' : faults.join(', ')}`
}
