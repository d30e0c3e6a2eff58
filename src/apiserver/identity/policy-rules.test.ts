import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PolicyRule } from '../../api/rbac.ts'
import type { RequestAttributes } from './authorize.ts'
import { missingParts, missingRights, ruleAllows } from './policy-rules.ts'

const user = { name: 'u', groups: [] }

/** `verbs|groups|resources[|names]`, or `verbs|/paths`; words are separated by spaces. */
function rule(text: string): PolicyRule {
  const [verbs = '', groups = '', resources, names] = text.split('|').map((part) => part.split(' '))
  if (resources === undefined) return { verbs: [...verbs], nonResourceURLs: [...groups] }
  const named = names === undefined ? {} : { resourceNames: names }
  return { verbs: [...verbs], apiGroups: [...groups], resources, ...named }
}

/** `verb group plural[/subresource] [name]`, or `verb /path`. */
function asked(text: string): RequestAttributes {
  const [verb = '', group = '', resource = '', name] = text.split(' ')
  if (group.startsWith('/')) return { kind: 'path', user, verb, path: group }
  const [plural = '', subresource] = resource.split('/')
  return { kind: 'resource', user, verb, group: group === '-' ? '' : group, plural, subresource, name }
}

const table: [rule: string, request: string, allowed: boolean][] = [
  ['get||pods', 'get - pods', true],
  ['get||pods', 'list - pods', false],
  ['get||pods', 'get apps pods', false],
  ['get||pods', 'get - pods/log', false],
  ['get||pods/log', 'get - pods/log x', true],
  ['get||*/log', 'get - pods/log', true],
  ['get||*/log', 'get - pods', false],
  ['get||*', 'get - pods/log', true],
  ['*|*|*', 'impersonate - users root', true],
  ['get||secrets|a b', 'get - secrets b', true],
  ['get||secrets|a b', 'get - secrets c', false],
  ['get||secrets|a b', 'list - secrets', false],
  ['*|*|*', 'get /metrics', false],
  ['get|/metrics', 'get /metrics', true],
  ['get|/metrics', 'get /metrics/x', false],
  ['get|/metrics/*', 'get /metrics/x', true],
  ['get|*', 'get /anything', true],
  ['get|*', 'post /anything', false],
  ['get|/metrics', 'get - pods', false],
]

test.each(table)('the rule %s on %s: %s', (text, request, allowed) => {
  expect(ruleAllows(rule(text), asked(request))).toBe(allowed)
})

describe('what is not held', () => {
  const held = (...texts: string[]) => texts.map(rule)
  const table: [name: string, held: PolicyRule[], given: PolicyRule[], missing: string[]][] = [
    ['everything is held', held('*|*|*', '*|*'), held('get list||pods', 'get|/x/*'), []],
    ['nothing is held', [], held('get list||pods'), ['{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}']],
    [
      'a verb is missing',
      held('get||pods'),
      held('get delete||pods'),
      ['{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}'],
    ],
    [
      'a subresource is not its resource',
      held('get||pods'),
      held('get||pods/exec'),
      ['{APIGroups:[""], Resources:["pods/exec"], Verbs:["get"]}'],
    ],
    ['a subresource of everything', held('get||*/log'), held('get||pods/log'), []],
    [
      'all names are more than one',
      held('get||secrets|a'),
      held('get||secrets'),
      ['{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}'],
    ],
    [
      'another name',
      held('get||secrets|a'),
      held('get||secrets|a b'),
      ['{APIGroups:[""], Resources:["secrets"], ResourceNames:["b"], Verbs:["get"]}'],
    ],
    [
      'a star is more than all there is',
      held('get|apps|daemonsets'),
      held('get|apps|*'),
      ['{APIGroups:["apps"], Resources:["*"], Verbs:["get"]}'],
    ],
    ['paths', held('get|/a/*'), held('get|/a/b', 'get|/c'), ['{NonResourceURLs:["/c"], Verbs:["get"]}']],
    [
      'two, in the order of their texts',
      [],
      held('get||b', 'get||a'),
      ['{APIGroups:[""], Resources:["a"], Verbs:["get"]}', '{APIGroups:[""], Resources:["b"], Verbs:["get"]}'],
    ],
  ]
  test.each(table)('%s', (_name, held, given, missing) => {
    expect(missingRights(held, given)).toEqual(missing)
  })

  const words = (...all: string[]) => fc.subarray(all, { minLength: 1 })
  const rules = fc.array(
    fc.record(
      {
        verbs: words('get', 'list', '*'),
        apiGroups: words('', 'apps', '*'),
        resources: words('pods', 'pods/log', '*', '*/log'),
        resourceNames: words('a', 'b'),
      },
      { requiredKeys: ['verbs', 'apiGroups', 'resources'] },
    ),
    { maxLength: 3 },
  )
  const requests = ['get - pods a', 'list - pods', 'get apps pods/log b', 'delete - x/log', 'get apps pods'].map(asked)

  test('whoever holds all rights of a rule may do all it allows', () =>
    fc.assert(
      fc.property(rules, rules, (held, given) => {
        const all = [...held, ...missingParts(held, given)]
        expect(missingRights(all, given)).toEqual([])
        for (const request of requests) {
          if (given.some((rule) => ruleAllows(rule, request))) {
            expect(all.some((rule) => ruleAllows(rule, request))).toBe(true)
          }
        }
      }),
    ))
})
