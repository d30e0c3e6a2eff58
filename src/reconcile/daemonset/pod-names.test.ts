import { describe, expect, test } from 'vitest'
import type { OwnerReference } from '../../api/types.ts'
import { nameAlphabet, seededRandom } from '../../base/random.ts'
import { derivedPodName, type NameRules, podName, podNameLimits, podPrefix } from './pod-names.ts'
import { type PodFacts, podFacts } from './snapshot.ts'

const logger = { name: 'logger', uid: 'uid-logger' }

function podOn(nodeName: string, labels: Record<string, string> = {}, owner?: string): PodFacts {
  const controller = { uid: owner, controller: true } as OwnerReference
  const metadata = { labels, ...(owner === undefined ? {} : { ownerReferences: [controller] }) }
  return podFacts({ metadata, spec: { nodeName, containers: [] } })
}

function rulesOf(podNames: NameRules['podNames']): NameRules {
  return { daemonSet: logger, hash: 'h1', podNames, random: seededRandom(1) }
}

test('R8.2 the dash is left out where it would make the name invalid', () => {
  expect(podPrefix({ name: 'logger' })).toBe('logger-')
  const long = 'a'.repeat(253)
  expect(podPrefix({ name: long })).toBe(long)
})

test('R8.2 a generated name is what the server would draw: five characters of its alphabet after 58 at most', () => {
  const nameOf = (name: string) =>
    podName({ ...rulesOf('generated'), daemonSet: { name, uid: 'u' } }, 'n1', () => undefined)
  expect(nameOf('logger')).toMatch(new RegExp(`^logger-[${nameAlphabet}]{5}$`))
  expect(nameOf('a'.repeat(253))).toMatch(new RegExp(`^a{58}[${nameAlphabet}]{5}$`))
})

test('R8.2 a generated name that a pod is known to have is drawn again', () => {
  const [first, second] = [0, 0].map(() => podName(rulesOf('generated'), 'n1', () => undefined))
  expect(second).toBe(first)
  const other = podName(rulesOf('generated'), 'n1', (name) => (name === first ? podOn('n2') : undefined))
  expect(other).not.toBe(first)
})

test('a derived name is the same for the same node and revision only, and never too long for a host name', () => {
  const daemonSet = { name: `${'a'.repeat(60)}.b`, uid: 'u' }
  const name = derivedPodName(daemonSet, 'n1', 'h1')
  expect(derivedPodName(daemonSet, 'n1', 'h1')).toBe(name)
  const others = [
    derivedPodName(daemonSet, 'n2', 'h1'),
    derivedPodName(daemonSet, 'n1', 'h2'),
    derivedPodName({ ...daemonSet, uid: 'v' }, 'n1', 'h1'),
    derivedPodName(daemonSet, 'n1', 'h1', 1),
    derivedPodName(daemonSet, 'n1', 'h1', 2),
  ]
  expect(new Set([name, ...others]).size).toBe(6)
  expect(Math.max(...others.map(({ length }) => length))).toBeLessThanOrEqual(63)
  expect(name).toMatch(/^[a-z0-9.-]+[a-z0-9]$/)
})

describe('a derived name that a pod has', () => {
  const hash = { 'controller-revision-hash': 'h1' }
  const ours = podOn('n1', hash, logger.uid)
  const released = podOn('n1', hash)
  const isFree = (holder: PodFacts) =>
    podName(rulesOf('derived'), 'n1', (name) => (name === derivedPodName(logger, 'n1', 'h1') ? holder : undefined))

  test.each<[what: string, holder: PodFacts, attempt: number]>([
    ['by the very pod that is wanted is asked for, and refused', ours, 0],
    ['that was released is left to it', released, 1],
    ['of somebody else is left to it', podOn('n1', hash, 'v'), 1],
    ['that goes, or is kept by a finalizer, is left to it', { ...ours, terminating: true }, 1],
    ['of another revision by now is left to it (R6.8)', { ...ours, hash: 'h2' }, 1],
    ['of another node is left to it', { ...ours, target: 'n2' }, 1],
  ])('%s', (_, holder, attempt) => {
    expect(isFree(holder)).toBe(derivedPodName(logger, 'n1', 'h1', attempt))
  })

  test('is passed over as often as it takes, up to a limit', () => {
    const taken = new Set([0, 1, 2].map((attempt) => derivedPodName(logger, 'n1', 'h1', attempt)))
    const firstFree = podName(rulesOf('derived'), 'n1', (name) => (taken.has(name) ? released : undefined))
    expect(firstFree).toBe(derivedPodName(logger, 'n1', 'h1', 3))
    const last = podName(rulesOf('derived'), 'n1', () => released)
    expect(last).toBe(derivedPodName(logger, 'n1', 'h1', podNameLimits.attempts))
  })
})
