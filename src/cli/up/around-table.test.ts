import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Paint } from '../live/cells.ts'
import { type Around, aroundTable } from './around-table.ts'

const plain: Paint = { bold: same, dim: same, red: same, green: same, yellow: same }
function same(text: string): string {
  return text
}

const running: Around = {
  title: 'everynode',
  steps: [
    { what: 'api server', detail: 'https://127.0.0.1:6443' },
    { what: 'kubeconfig', detail: '~/.kube/config' },
    { what: 'data', detail: '~/.everynode' },
    { what: 'applied', detail: 'daemonset.apps/a created' },
  ],
  next: {
    commands: ['next', '  kubectl get ds', '  kubectl describe ds a', '  everynode node add', '  kubectl delete pod'],
    notes: ['a does not roll by itself:', 'tell it to:', '  kubectl patch'],
    end: 'Ctrl-C stops everything',
  },
}
const steps = ['api server   https://127.0.0.1:6443', 'kubeconfig   ~/.kube/config', 'data         ~/.everynode']
const applied = 'applied      daemonset.apps/a created'
const { commands, notes, end } = running.next!

test.each([
  [40, ['everynode', ...steps, applied, ''], ['', ...commands, ...notes, end]],
  [23, ['everynode', ...steps, applied, ''], ['', ...commands, ...notes, end]],
  [22, ['everynode', steps[1], ''], ['', ...commands, ...notes, end]],
  [18, ['everynode', steps[1], ''], ['', ...commands, end]],
  [12, ['everynode', steps[1], ''], ['', end]],
  [11, [], []],
])('a table of 7 rows in %i', (rows, above, below) => {
  expect(aroundTable(running, 7, { columns: 80, rows }, plain)).toEqual({ above, below })
})

test('a long table asks for ten rows', () => {
  expect(aroundTable(running, 1000, { columns: 80, rows: 26 }, plain).below).toContain(notes[0])
  expect(aroundTable(running, 1000, { columns: 80, rows: 20 }, plain).below).not.toContain(notes[0])
})

test('trouble is there as long as there is a line', () => {
  const trouble = 'the store takes no more writes'
  for (const rows of [1, 8, 12, 40]) {
    expect(aroundTable({ ...running, trouble }, 7, { columns: 80, rows }, plain).above).toContain(trouble)
  }
})

test('what is said of a command gives way to it', () => {
  const next = { commands: ['  kubectl get ds  # what there is'], notes: ['  kubectl patch ds agent'], end: '' }
  expect(aroundTable({ ...running, next }, 1, { columns: 20, rows: 30 }, plain).below).toEqual([
    '',
    '  kubectl get ds  #…',
    '  kubectl patch ds a',
    'gent',
    '',
  ])
})

test('commands are broken, not cut, and nothing is longer than a row', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 120 }), fc.nat({ max: 60 }), (columns, rows) => {
      const { above, below } = aroundTable(running, 7, { columns, rows }, plain)
      for (const line of [...above, ...below]) expect(line.length).toBeLessThanOrEqual(columns)
      if (below.length > 0) expect(below.join('')).toContain(end)
    }),
  )
})
