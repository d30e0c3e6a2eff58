import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../api/disruption.ts'
import type { Pod } from '../api/types.ts'
import { budgetStatus } from './disruption.ts'

/** `ready`, `down`, `going` (ready, but being deleted), `ended`, `other` (not guarded). */
type Kind = 'ready' | 'down' | 'going' | 'ended' | 'other'

function pod(kind: Kind): Pod {
  const status = kind === 'down' ? 'False' : 'True'
  return {
    metadata: {
      labels: { app: kind === 'other' ? 'b' : 'a' },
      ...(kind === 'going' ? { deletionTimestamp: '2026-01-02T03:04:05Z' } : {}),
    },
    spec: { containers: [] },
    status: { phase: kind === 'ended' ? 'Succeeded' : 'Running', conditions: [{ type: 'Ready', status }] },
  }
}

function budget(spec: object): PodDisruptionBudget {
  return { metadata: { name: 'b', generation: 2 }, spec: { selector: { matchLabels: { app: 'a' } }, ...spec } }
}

describe('W12.8 a budget’s status', () => {
  const table: [name: string, spec: object, pods: string, counts: [number, number, number, number]][] = [
    ['nothing to guard', { minAvailable: 1 }, '', [0, 0, 1, 0]],
    ['enough are up', { minAvailable: 1 }, 'ready ready', [2, 2, 1, 1]],
    ['just enough', { minAvailable: 2 }, 'ready ready', [2, 2, 2, 0]],
    ['too few', { minAvailable: 2 }, 'ready down', [2, 1, 2, 0]],
    ['who goes is no longer up', { minAvailable: 1 }, 'ready going', [2, 1, 1, 0]],
    ['who has ended does not count', { minAvailable: 1 }, 'ready ready ended', [2, 2, 1, 1]],
    ['nor does anybody else', { minAvailable: 1 }, 'ready other', [1, 1, 1, 0]],
    ['a percentage, rounded up', { minAvailable: '50%' }, 'ready ready ready', [3, 3, 2, 1]],
    ['how many may be down', { maxUnavailable: 1 }, 'ready ready down', [3, 2, 2, 0]],
    ['a percentage of those', { maxUnavailable: '50%' }, 'ready ready ready', [3, 3, 1, 2]],
    ['more than there are', { maxUnavailable: 9 }, 'ready', [1, 1, 0, 1]],
  ]
  test.each(table)('%s', (_name, spec, pods, [expected, healthy, desired, allowed]) => {
    const kinds = pods.split(' ').filter((kind) => kind !== '') as Kind[]
    const status = budgetStatus(budget(spec), kinds.map(pod), 0)
    expect(status).toEqual({
      expectedPods: expected,
      currentHealthy: healthy,
      desiredHealthy: desired,
      disruptionsAllowed: allowed,
      observedGeneration: 2,
      conditions: [
        {
          type: 'DisruptionAllowed',
          status: allowed > 0 ? 'True' : 'False',
          reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
          message: '',
          observedGeneration: 2,
          lastTransitionTime: '1970-01-01T00:00:00Z',
        },
      ],
    })
  })

  test('says of which generation it is where there is one', () => {
    const { generation: _, ...metadata } = budget({}).metadata
    const status = budgetStatus({ ...budget({ minAvailable: 1 }), metadata }, [], 0)
    expect(status).not.toHaveProperty('observedGeneration')
    expect(status?.conditions?.[0]).not.toHaveProperty('observedGeneration')
  })

  test('does not invent since when it is so', () => {
    const conditions = [{ type: 'DisruptionAllowed', status: 'True', reason: 'Other' }]
    const told = { ...budget({ minAvailable: 0 }), status: { conditions } as unknown as PodDisruptionBudgetStatus }
    expect(budgetStatus(told, [pod('ready')], 60_000)?.conditions?.[0]).toMatchObject({
      status: 'True',
      lastTransitionTime: null,
    })
  })

  test('is written once, and says since when it is so', () => {
    const kinds = fc.array(fc.constantFrom<Kind>('ready', 'down', 'going', 'ended', 'other'))
    fc.assert(
      fc.property(kinds, kinds, (first, second) => {
        const told = {
          ...budget({ minAvailable: 1 }),
          status: budgetStatus(budget({ minAvailable: 1 }), first.map(pod), 0)!,
        }
        expect(budgetStatus(told, first.map(pod), 60_000)).toBeUndefined()
        const later = budgetStatus(told, second.map(pod), 60_000)
        if (later === undefined) return
        const isSame = told.status.conditions?.[0]?.status === later.conditions?.[0]?.status
        expect(later.conditions?.[0]?.lastTransitionTime).toBe(`1970-01-01T00:0${isSame ? 0 : 1}:00Z`)
      }),
    )
  })
})
