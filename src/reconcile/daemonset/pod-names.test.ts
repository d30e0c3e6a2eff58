import { expect, test } from 'vitest'
import type { Pod } from '../../api/types.ts'
import { nameAlphabet, seededRandom } from '../../base/random.ts'
import { derivedPodName, keepsItsName, type NameRules, podName, podPrefix } from './pod-names.ts'

const logger = { name: 'logger', uid: 'uid-logger' }

function podOf(metadata: Pod['metadata'], owner = logger.uid): Pod {
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'logger', uid: owner, controller: true }]
  return { metadata: { ...metadata, ownerReferences }, spec: { nodeName: 'n1', containers: [] } }
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
  const nameOf = (name: string) => podName({ ...rulesOf('generated'), daemonSet: { name, uid: 'u' } }, 'n1')
  expect(nameOf('logger')).toMatch(new RegExp(`^logger-[${nameAlphabet}]{5}$`))
  expect(nameOf('a'.repeat(253))).toMatch(new RegExp(`^a{58}[${nameAlphabet}]{5}$`))
})

test('R8.2 a generated name is another each time', () => {
  const rules = rulesOf('generated')
  expect(podName(rules, 'n1')).not.toBe(podName(rules, 'n1'))
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

const hash = { 'controller-revision-hash': 'h1' }
const deletionTimestamp = '2026-01-01T00:00:00Z'

test.each<[what: string, pod: Pod, keeps: boolean]>([
  ['the very pod that is wanted', podOf({ labels: hash }), false],
  ['one that goes by itself', podOf({ labels: hash, deletionTimestamp }), false],
  ['one that a finalizer keeps', podOf({ labels: hash, deletionTimestamp, finalizers: ['a/b'] }), true],
  ['one that was released', { ...podOf({ labels: hash }), metadata: { labels: hash } }, true],
  ['one of somebody else', podOf({ labels: hash }, 'v'), true],
  ['one of another revision by now (R6.8)', podOf({ labels: {} }), true],
])('a derived name that is refused: %s', (_, pod, keeps) => {
  expect(keepsItsName(pod, rulesOf('derived'))).toBe(keeps)
})
