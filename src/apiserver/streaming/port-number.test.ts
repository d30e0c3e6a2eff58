import { expect, test } from 'vitest'
import { portOf } from './port-number.ts'

const table: [text: string | undefined, port: number | undefined][] = [
  ['80', 80],
  ['1', 1],
  ['65535', 65535],
  ['0', undefined],
  ['65536', undefined],
  ['-1', undefined],
  ['8e1', undefined],
  ['0x50', undefined],
  [' 80', undefined],
  ['80.0', undefined],
  ['', undefined],
]
test.each(table)('W12.7 port %j', (text, port) => {
  expect(portOf(text)).toBe(port)
})
