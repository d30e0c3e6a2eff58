import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type LabelRequirements, matchesLabels, parseLabelSelector, printSelector, selectorOf } from './labels.ts'
import { ApiError } from './status.ts'
import type { LabelSelector } from './types.ts'

const labels = { app: 'agent', tier: 'b', version: '7', in: 'x' }

const matching: [selector: string, matches: boolean][] = [
  ['', true],
  ['  ', true],
  ['app', true],
  ['!app', false],
  ['nope', false],
  ['!nope', true],
  ['app=agent', true],
  ['app==agent', true],
  ['app=other', false],
  ['app!=other', true],
  ['nope!=other', true],
  ['nope=', false],
  ['app in (agent,other)', true],
  ['app in (other)', false],
  ['app notin (other)', true],
  ['nope notin (other)', true],
  ['tier in (a, b), app', true],
  ['version>6', true],
  ['version>7', false],
  ['version<8', true],
  ['app>1', false],
  ['nope<1', false],
  ['in in (x)', true],
  ['in=x,!notin', true],
  ['constructor', false],
  ['!constructor,!toString', true],
]

test.each(matching)('W8.4 %j matches: %s', (text, matches) => {
  expect(matchesLabels(parseLabelSelector(text), labels)).toBe(matches)
})

const keyRule =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

const refused: [text: string, message: string][] = [
  ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  ['=a', "found '=', expected: !, identifier, or 'end of string'"],
  ['a=b,', "found '', expected: identifier after ','"],
  ['a,,b', "found ',', expected: identifier after ','"],
  ['!a=b', "found '=', expected: ',' or 'end of string'"],
  ['a=!b', "unable to parse requirement: found '!', expected: identifier"],
  ['!', "unable to parse requirement: found '', expected: identifier"],
  ['a in b', "unable to parse requirement: found 'b' expected: '('"],
  ['a in (b c)', "unable to parse requirement: found 'c', expected: ',' or ')'"],
  ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
  ['a in (', "unable to parse requirement: found '', expected: ',', ')' or identifier"],
  [
    'a in ()',
    "unable to parse requirement: values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty",
  ],
  [
    'a>x',
    "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
  ],
  ['-a=b', `unable to parse requirement: <nil>: Invalid value: "-a": ${keyRule}`],
]

test.each(refused)('W6.3 %j is no selector', (text, message) => {
  expect(() => parseLabelSelector(text)).toThrow(expect.objectContaining({ message, code: 400, reason: 'BadRequest' }))
})

test('a missing value in a set is the empty value', () => {
  const empty = [{ key: 'a', operator: 'In', values: ['', 'b'] }]
  expect(parseLabelSelector('a in (,b)')).toEqual(empty)
  expect(parseLabelSelector('a in (b,)')).toEqual(empty)
  expect(parseLabelSelector('a=')).toEqual([{ key: 'a', operator: 'In', values: [''] }])
})

const selectors: [selector: LabelSelector | undefined, matches: boolean, printed: string][] = [
  [undefined, false, '<none>'],
  [{}, true, '<none>'],
  [{ matchLabels: { app: 'agent' } }, true, 'app=agent'],
  [{ matchLabels: { tier: 'b', app: 'agent' } }, true, 'app=agent,tier=b'],
  [{ matchExpressions: [{ key: 'tier', operator: 'In', values: ['c', 'b'] }] }, true, 'tier in (b,c)'],
  [{ matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['b'] }] }, false, 'tier notin (b)'],
  [{ matchExpressions: [{ key: 'nope', operator: 'NotIn', values: ['b'] }] }, true, 'nope notin (b)'],
  [{ matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, true, 'tier'],
  [{ matchExpressions: [{ key: 'nope', operator: 'DoesNotExist' }] }, true, '!nope'],
  [{ matchExpressions: [{ key: 'tier', operator: 'Gt', values: ['1'] }] }, false, '<error>'],
  [{ matchExpressions: [{ key: 'tier', operator: 'In' }] }, false, '<error>'],
  [{ matchExpressions: [{ key: 'nope', operator: 'DoesNotExist', values: ['x'] }] }, false, '<error>'],
  [{ matchLabels: { app: 'not a value' } }, false, '<error>'],
]

test.each(selectors)('R2.12 the selector %j matches: %s, and reads %s', (selector, matches, printed) => {
  expect(matchesLabels(selectorOf(selector), labels)).toBe(matches)
  expect(printSelector(selector)).toBe(printed)
})

test('no labels at all are like none', () => {
  expect(matchesLabels(selectorOf({}), undefined)).toBe(true)
  expect(matchesLabels(selectorOf({ matchLabels: { a: 'b' } }), undefined)).toBe(false)
})

test('any text is read or refused with 400', () =>
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab=!,() <>intno\t-') }), (text) => {
      let requirements: LabelRequirements
      try {
        requirements = parseLabelSelector(text)
      } catch (error) {
        expect(error).toBeInstanceOf(ApiError)
        return
      }
      expect(typeof matchesLabels(requirements, labels)).toBe('boolean')
    }),
  ))

const generated = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('x', 'y'))

test('a printed selector means the same when it is read', () =>
  fc.assert(
    fc.property(generated, generated, (matchLabels, found) => {
      const selector = { matchLabels }
      const text = printSelector(selector).replace('<none>', '')
      expect(matchesLabels(parseLabelSelector(text), found)).toBe(matchesLabels(selectorOf(selector), found))
    }),
  ))
