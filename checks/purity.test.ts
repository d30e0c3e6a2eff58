import { expect, test } from 'vitest'
import { checkPureFileList, checkPurity } from './purity.ts'

const table: [name: string, path: string, text: string, problems: number][] = [
  ['the clock is not read', 'src/reconcile/a.ts', 'const now = Date.now()', 1],
  ['nor made', 'src/api/a.ts', 'const now = new Date()', 1],
  ['a given moment may be formatted', 'src/api/a.ts', 'new Date(ms).toISOString()', 0],
  ['chance is handed in', 'src/base/a.ts', 'Math.random()', 1],
  ['no platform', 'src/base/a.ts', `import { readFileSync } from 'node:fs'`, 1],
  ['a comment may speak of it', 'src/base/a.ts', '// never Math.random()', 0],
  ['tests may do as they like', 'src/base/a.test.ts', 'Math.random()', 0],
  ['so may the rooms above', 'src/agent/a.ts', 'Date.now()', 0],
]

test.each(table)('%s', (_name, path, text, problems) => {
  expect(checkPurity([{ path, text }])).toHaveLength(problems)
})

test('the pure floor compiled with Node types is noticed', () => {
  expect(checkPureFileList('/p/src/base/a.ts\n/p/node_modules/@types/node/index.d.ts')).toHaveLength(1)
  expect(checkPureFileList('/p/src/base/a.ts\n/p/node_modules/typescript/lib/lib.dom.d.ts')).toHaveLength(1)
  expect(checkPureFileList('/p/src/base/a.ts\n/p/node_modules/typescript/lib/lib.es2023.d.ts')).toEqual([])
})

test('a compiler that looked at nothing is noticed', () => {
  expect(checkPureFileList('')).toHaveLength(1)
})
