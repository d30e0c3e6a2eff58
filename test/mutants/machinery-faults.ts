// Faults in what makes deciding cheap, fair, and aware of its own writes.

import type { Fault } from './fault.ts'

const decision = 'src/reconcile/daemonset'
const controller = 'src/controller/daemonset'

export const machineryFaults: readonly Fault[] = [
  {
    group: 'own writes',
    name: 'a list from before our write takes it back',
    file: 'src/client/mirror.ts',
    find: 'if (isNewer && ours !== undefined)',
    replace: 'if (false && isNewer && ours !== undefined)',
    tests: ['src/client/mirror.test.ts'],
  },
  {
    group: 'incremental',
    name: 'a cell that changes is counted twice (I12)',
    file: `${decision}/cells.ts`,
    find: 'addTo(this.#sums, cell.counters, -1)',
    replace: '',
    tests: [`${decision}/cells.test.ts`],
  },
  {
    group: 'incremental',
    name: 'a node without room is looked at for every decision (C12)',
    file: `${decision}/cells.ts`,
    find: "this.wait(node, { for: 'room' })",
    replace: '',
    tests: [`${decision}/cells.test.ts`],
  },
  {
    group: 'incremental',
    name: 'any label of a node is held against the rules (C12)',
    file: `${controller}/placement-classes.ts`,
    find: 'changed.some((key) => rules.labelKeys.has(key))',
    replace: 'changed.length > 0',
    tests: [`${controller}/triggers.test.ts`],
  },
  {
    group: 'fair lanes',
    name: 'a burst does not give way (A5)',
    file: `${controller}/carry-out-pods.ts`,
    find: 'if (!hands.isUrgent(key) || known.isUrgent(node)) return false',
    replace: 'if (key !== undefined || node === undefined) return false',
    tests: [`${controller}/fair.long.test.ts`],
  },
  {
    group: 'fair lanes',
    name: 'of many nodes that join each ends the burst of those before it (C12)',
    file: `${controller}/carry-out-pods.ts`,
    find: ' || known.isUrgent(node)) return false',
    replace: ') return false',
    tests: [`${controller}/fair.long.test.ts`],
  },
  {
    group: 'incremental',
    name: 'a field that a decision reads is not kept (C16)',
    file: 'src/controller/kept.ts',
    find: '    affinity: isBound ? undefined : keptAffinity(spec.affinity),\n',
    replace: '',
    tests: ['test/kept.test.ts'],
  },
  {
    group: 'incremental',
    name: 'a value that few objects have is forgotten with the first of them (C16)',
    file: 'src/client/cache.ts',
    find: 'if (left === undefined) this.#places.delete(value)',
    replace: 'if (!Array.isArray(left)) this.#places.delete(value)',
    tests: ['src/client/cache.test.ts'],
  },
  {
    group: 'incremental',
    name: 'of a set that shrinks nothing is left at the edge to a list (C16)',
    file: 'src/client/cache.ts',
    find: '[...all(found)].filter((one) => one !== place)',
    replace: '(found instanceof Set ? [] : [...all(found)]).filter((one) => one !== place)',
    tests: ['src/client/cache.test.ts'],
  },
  {
    group: 'fair lanes',
    name: 'first come, first served (A5)',
    file: `${controller}/write-slots.ts`,
    find: 'const round = Math.max(this.#round, this.#rounds.get(of) ?? 0) + 1',
    replace: 'const round = 1',
    tests: [`${controller}/write-slots.test.ts`],
  },
  {
    group: 'incremental',
    name: 'facts that are read on demand forget that a pod terminates (C16)',
    file: `${decision}/snapshot.ts`,
    find: 'return this.#pod.metadata.deletionTimestamp !== undefined',
    replace: 'return false && this.#pod',
    tests: [`${decision}/snapshot.test.ts`, 'test/kept.test.ts'],
  },
  {
    group: 'incremental',
    name: 'a cell keeps one pod of several (C16)',
    file: `${decision}/cell.ts`,
    find: 'pods.length === 1 ? pods[0]! : pods',
    replace: 'pods.length >= 1 ? pods[0]! : pods',
    tests: [`${decision}/cells.test.ts`],
  },
  {
    group: 'incremental',
    name: 'a moment that a cell waits for outlives its row',
    file: `${decision}/cells.ts`,
    find: 'if (this.#validUntilMs.size > 0) this.#validUntilMs.delete(node)',
    replace: '',
    tests: [`${decision}/cells.test.ts`],
  },
]
