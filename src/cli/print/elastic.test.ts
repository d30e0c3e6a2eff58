import fc from 'fast-check'
import { expect, test } from 'vitest'
import { describeSpacing, elastic, tableSpacing } from './elastic.ts'

const set = (text: string, spacing = describeSpacing) => elastic(text.replace(/^\n/, '').split('\n'), spacing)

test('R10.3 a column ends where a line has no cell in it, and `cpu:` aligns with `Environment:`', () => {
  const lines = set(`
Name:\tfluentd
Labels:\tapp=fluentd
\ttier=node
Desired Number of Nodes Scheduled: 3
Pods Status:\t2 Running
    Requests:
      cpu:\t100m
    Environment:\t<none>
    HostPathType:\t`)
  expect(lines).toEqual([
    'Name:    fluentd',
    'Labels:  app=fluentd',
    '         tier=node',
    'Desired Number of Nodes Scheduled: 3',
    'Pods Status:  2 Running',
    '    Requests:',
    '      cpu:         100m',
    '    Environment:   <none>',
    '    HostPathType:  ',
  ])
})

test('W8.6 tables: at least six wide, three between, nothing after the last cell', () => {
  expect(set('NAME\tA\tAGE\nx\tlonger cell\t1s', tableSpacing)).toEqual([
    'NAME   A             AGE',
    'x      longer cell   1s',
  ])
})

test('columns to the right are set within the block of the column before', () => {
  expect(set('a\tb\tc\nlong cell\tx\ny\tlonger\tz')).toEqual([
    'a          b  c',
    'long cell  x',
    'y          longer  z',
  ])
})

test('widths count characters, not bytes', () => {
  expect(set('ü\tx\nab\ty')).toEqual(['ü   x', 'ab  y'])
})

test('no character is lost, and equal columns start at one place', () => {
  const cell = fc.string({ maxLength: 8 }).filter((text) => !/[\t\n]/.test(text))
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 8 }), (rows) => {
      const lines = elastic(
        rows.map((row) => row.join('\t')),
        describeSpacing,
      )
      const [widthOfFirst, widthOfSecond] = [0, 1].map((at) => Math.max(...rows.map((row) => [...row[at]!].length)) + 2)
      for (const [at, [first, second, third]] of rows.entries()) {
        const characters = [...lines[at]!]
        expect(characters.slice(0, [...first].length).join('')).toBe(first)
        expect(characters.slice(widthOfFirst).join('').startsWith(second)).toBe(true)
        expect(characters.slice(widthOfFirst! + widthOfSecond!).join('')).toBe(third)
      }
    }),
  )
})
