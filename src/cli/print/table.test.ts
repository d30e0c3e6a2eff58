import { expect, test } from 'vitest'
import { GrowingTable, type Table, type TableStyle, tableLines } from './table.ts'

const style: TableStyle = {
  wide: false,
  namespaces: false,
  labels: false,
  labelColumns: [],
  headers: true,
  namePrefix: '',
}

const columnDefinitions = [
  { name: 'Name', format: 'name' },
  { name: 'Ready' },
  { name: 'Node', priority: 1 },
  { name: 'Age' },
]

const row = (name: string, ready: unknown, labels?: Record<string, string>) => ({
  cells: [name, ready, 'node-1', '5s'],
  object: { metadata: { name, namespace: 'ns', ...(labels === undefined ? {} : { labels }) } },
})

const table: Table = { columnDefinitions, rows: [row('a', 1, { b: '2', a: '1' }), row('bcd', null)], metadata: {} }

test.each([
  ['plain', {}, ['NAME   READY   AGE', 'a      1       5s', 'bcd            5s']],
  ['wide', { wide: true }, ['NAME   READY   NODE     AGE', 'a      1       node-1   5s', 'bcd            node-1   5s']],
  [
    'all namespaces',
    { namespaces: true },
    ['NAMESPACE   NAME   READY   AGE', 'ns          a      1       5s', 'ns          bcd            5s'],
  ],
  [
    'labels',
    { labels: true },
    ['NAME   READY   AGE   LABELS', 'a      1       5s    a=1,b=2', 'bcd            5s    <none>'],
  ],
  [
    'labels of their own column',
    { labelColumns: ['a', 'x.io/c'] },
    ['NAME   READY   AGE   A     C', 'a      1       5s    1     ', 'bcd            5s          '],
  ],
  ['no headers', { headers: false }, ['a     1     5s', 'bcd         5s']],
  ['several kinds', { namePrefix: 'pod/' }, ['NAME      READY   AGE', 'pod/a     1       5s', 'pod/bcd           5s']],
])('W8.6 %s', (_name, change, lines) => {
  expect(tableLines(table, { ...style, ...change })).toEqual(lines)
})

test('W8.9 no rows, no header', () => {
  expect(tableLines({ ...table, rows: [] }, style)).toEqual([])
})

test('a cell stays on its line, and nothing in it reaches the terminal as a command', () => {
  const rows = [row('a', 'one\ntwo'), row('b', '\u001b[31mred'), row('c', 'a\tb')]
  expect(tableLines({ ...table, rows }, { ...style, headers: false })).toEqual([
    'a     one...      5s',
    'b     ^[[31mred   5s',
    'c     a b         5s',
  ])
})

test('W7.8 a watch: columns come once, the header is written once, and no column gets narrower', () => {
  const growing = new GrowingTable(style)
  const later = (name: string) => ({ ...table, columnDefinitions: [], rows: [row(name, 1)] })
  expect(growing.lines({ ...table, rows: [row('a', 1)] })).toEqual(['NAME   READY   AGE', 'a      1       5s'])
  expect(growing.lines(later('a-long-name'))).toEqual(['a-long-name   1       5s'])
  expect(growing.lines(later('b'))).toEqual(['b             1       5s'])
})
