import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Board, BoardCell, BoardColumn, CellState } from './board.ts'
import type { Paint } from './cells.ts'
import { drawBoard, rowsOf } from './view.ts'

const plain: Paint = { bold: same, dim: same, red: same, green: same, yellow: same }
function same(text: string): string {
  return text
}

const letters: Readonly<Record<string, BoardCell>> = {
  '+': { state: 'ready', text: 'Running', old: false },
  o: { state: 'ready', text: 'Running', old: true },
  s: { state: 'starting', text: 'ContainerCreating', old: false },
  t: { state: 'stopping', text: 'Terminating', old: false },
  x: { state: 'failing', text: 'CrashLoopBackOff', old: false },
  e: { state: 'failing', text: 'ErrImagePull', old: false },
  m: { state: 'missing', text: 'none yet', old: false },
  '.': { state: 'out', text: '-', old: false },
}

/** `logger +x.`: a DaemonSet and its cells, a letter a node. */
function boardFrom(...texts: string[]): Board {
  const columns = texts.map((text): BoardColumn => {
    const [name = '', word = ''] = text.split(' ')
    const cells = [...word].map((letter) => letters[letter]!)
    const count = (...states: CellState[]) => cells.filter(({ state }) => states.includes(state)).length
    return {
      key: `default/${name}`,
      namespace: 'default',
      name,
      strategy: 'RollingUpdate',
      runtime: 'simulated',
      observed: true,
      cells,
      desired: cells.length - count('out'),
      ready: count('ready'),
      updated: cells.length - count('out', 'missing') - cells.filter(({ old }) => old).length,
    }
  })
  const nodes = Array.from({ length: columns[0]?.cells.length ?? 0 }, (_, at) => ({
    name: `node-${at + 1}`,
    ready: true,
    status: 'Ready',
    runtime: 'simulated',
  }))
  return { nodes, columns }
}

test('few nodes, little room: each DaemonSet as wide as its words; what is well is hidden first', () => {
  const board = boardFrom('agent +++', 'gpu ..+', 'logger +++', 'metrics +x+', 'storage +++')
  expect(drawBoard(board, { columns: 60, rows: 10 }, plain)).toEqual([
    'DAEMONSET        READY  UPDATED  STRATEGY',
    'default/agent    3/3    3/3      RollingUpdate',
    'default/gpu      1/1    1/1      RollingUpdate',
    'default/metrics  2/3    3/3      RollingUpdate  ✗ 1 CrashLo…',
    '… and 2 more',
    '',
    'NODE      STATUS  agent         metrics             +3',
    'node-1    Ready   ● Running     ● Running',
    'node-2    Ready   ● Running     ✗ CrashLoopBackOff',
    'node-3    Ready   ● Running     ● Running',
  ])
})

test('what really runs is told apart from what is played, as soon as there is both', () => {
  const { nodes, columns } = boardFrom('fluentd ++', 'collector +x')
  const [fluentd, collector] = columns
  const board = { nodes, columns: [fluentd!, { ...collector!, runtime: 'process' }] }
  expect(drawBoard(board, { columns: 90, rows: 15 }, plain).slice(0, 3)).toEqual([
    'DAEMONSET          READY  UPDATED  STRATEGY       RUNTIME',
    'default/fluentd    2/2    2/2      RollingUpdate  simulated',
    'default/collector  1/2    2/2      RollingUpdate  process    ✗ 1 CrashLoopBackOff',
  ])
})

test('one is not hidden to say that one is hidden', () => {
  const board = boardFrom('a +', 'b +', 'c +', 'd +')
  expect(drawBoard(board, { columns: 80, rows: 15 }, plain).join('\n')).not.toContain('more')
})

test('more nodes than rows: signs beside the numbers', () => {
  const board = boardFrom(`logger ${'+'.repeat(30)}xe${'s'.repeat(8)}`, `gpu ${'.'.repeat(39)}o`)
  expect(drawBoard(board, { columns: 120, rows: 12 }, plain)).toEqual([
    '40 nodes: ● ready  ◐ starting  ○ missing  ✗ failing  · not wanted',
    'DAEMONSET       READY  UPDATED  STRATEGY',
    `default/logger  30/40  40/40    RollingUpdate  ✗ 2 CrashLoopBackOff  ${'●'.repeat(30)}✗✗${'◐'.repeat(8)}`,
    `default/gpu     1/1    0/1      RollingUpdate                        ${'·'.repeat(39)}●`,
  ])
})

test('a thousand nodes: signs below; more than fit: one for several, the worst of them', () => {
  const board = boardFrom(`logger ${'+'.repeat(500)}x${'+'.repeat(499)}`, `gpu ${'.'.repeat(1000)}`)
  const wide = drawBoard(board, { columns: 200, rows: 40 }, plain)
  expect(wide[0]).toMatch(/^1000 nodes: /)
  expect(wide.slice(3, 8).join('')).toBe(`${'●'.repeat(500)}✗${'●'.repeat(499)}`)
  expect(drawBoard(board, { columns: 80, rows: 11 }, plain)).toEqual([
    '1000 nodes, one sign for 5, the worst:',
    '● ready  ◐ starting  ○ missing  ✗ failing  · not wanted',
    'DAEMONSET       READY     UPDATED    STRATEGY',
    'default/logger  999/1000  1000/1000  RollingUpdate  ✗ 1 CrashLoopBackOff',
    '●'.repeat(80),
    `${'●'.repeat(20)}✗${'●'.repeat(59)}`,
    '●'.repeat(40),
    'default/gpu     0/0       0/0        RollingUpdate',
    '·'.repeat(80),
    '·'.repeat(80),
    '·'.repeat(40),
  ])
})

test('nothing yet is said', () => {
  expect(drawBoard({ nodes: [], columns: [] }, { columns: 80, rows: 24 }, plain)).toEqual(['No DaemonSets yet.'])
  const { nodes } = boardFrom('a ++')
  expect(drawBoard({ nodes, columns: [] }, { columns: 80, rows: 24 }, plain)).toEqual([
    'No DaemonSets yet. 2 of 2 nodes ready.',
  ])
})

const boards = fc
  .record({ nodes: fc.nat({ max: 400 }), sets: fc.array(fc.constantFrom(...'+osxm.'), { maxLength: 12 }) })
  .map(({ nodes, sets }) => boardFrom(...sets.map((letter, at) => `${'set'.repeat(at)}${at} ${letter.repeat(nodes)}`)))
const frames = fc.record({ columns: fc.integer({ min: 1, max: 250 }), rows: fc.integer({ min: 1, max: 80 }) })

test('whatever there is, it fits; where there is room for all, all is there', () => {
  fc.assert(
    fc.property(boards, frames, (board, frame) => {
      const lines = drawBoard(board, frame, plain)
      expect(lines.length).toBeLessThanOrEqual(frame.rows)
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(frame.columns)
      const roomy = drawBoard(board, { columns: 2000, rows: 3 * rowsOf(board) + 10 }, plain)
      expect(roomy).toHaveLength(rowsOf(board))
    }),
  )
})

test('something that fails is always in sight', () => {
  const failing = fc.tuple(fc.nat({ max: 11 }), fc.integer({ min: 1, max: 400 }), fc.integer({ min: 8, max: 60 }))
  fc.assert(
    fc.property(failing, ([which, nodes, rows]) => {
      const sets = Array.from({ length: 12 }, (_, at) => `set${at} ${'+'.repeat(nodes - 1)}${at === which ? 'x' : '+'}`)
      expect(drawBoard(boardFrom(...sets), { columns: 80, rows }, plain).join('\n')).toContain(`set${which} `)
    }),
  )
})
