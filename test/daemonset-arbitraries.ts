// Generated worlds for properties of the DaemonSet decision: words of daemonset-worlds.ts, put together by fast-check.

import fc from 'fast-check'
import type { WorldOptions } from './daemonset-worlds.ts'

export const nodeNames = ['n1', 'n2', 'n3', 'n4', 'n5'] as const

const flags = [
  'unready',
  'ready3',
  'failed',
  'succeeded',
  'terminating',
  'unbound',
  'unlabelled',
  'generation',
  'foreign',
]

export const podWord = fc
  .tuple(fc.constantFrom('new', 'old'), fc.subarray(flags, { maxLength: 2 }))
  .map(([revision, special]) => [revision, ...special].join('.'))

/** What may stand behind a node's name. */
export const nodeWord = fc.constantFrom('', '', '', '?', ':NoSchedule', ':NoExecute', '[disk=ssd]')

/** One node of a world and what is on it. */
export const segment = (node: string) =>
  fc.tuple(nodeWord, fc.array(podWord, { maxLength: 3 })).map(([word, pods]) => [`${node}${word}`, ...pods].join(' '))

export const segments = fc.tuple(...nodeNames.map(segment))

/** The fields of a DaemonSet that steer a rollout. */
export const rolloutOptions: fc.Arbitrary<WorldOptions> = fc
  .record({
    strategy: fc.constantFrom('RollingUpdate' as const, 'RollingUpdate' as const, 'OnDelete' as const),
    limits: fc.constantFrom(
      { maxUnavailable: 1, maxSurge: 0 },
      { maxUnavailable: 2, maxSurge: 0 },
      { maxUnavailable: '40%', maxSurge: 0 },
      { maxUnavailable: 0, maxSurge: 1 },
      { maxUnavailable: 0, maxSurge: '50%' },
    ),
    minReadySeconds: fc.constantFrom(0, 5),
  })
  .map(({ limits, ...rest }) => ({ ...rest, ...limits }))
