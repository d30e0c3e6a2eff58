import { expect, test } from 'vitest'
import { semanticEqual } from './semantic-equality.ts'

const table: [a: unknown, b: unknown, equal: boolean][] = [
  [{ a: [] }, {}, true],
  [{ a: null }, {}, true],
  [{ labels: {} }, {}, true],
  [{ emptyDir: {} }, {}, false],
  [{ securityContext: {} }, {}, false],
  [{ a: 0 }, {}, false],
  [{ a: [{ labels: {} }] }, { a: [{}] }, true],
  [{ a: [1] }, { a: [1, 2] }, false],
  [{ a: [] }, { a: {} }, false],
  [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
  [{ constructor: 1 }, {}, false],
]

test.each(table)('R1.8 %j and %j are equal: %s', (a, b, equal) => {
  expect(semanticEqual(a, b)).toBe(equal)
  expect(semanticEqual(b, a)).toBe(equal)
})
