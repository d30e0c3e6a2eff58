import { describe, expect, test } from 'vitest'
import { parseField, parseTemplate } from './json-path.ts'
import { printTemplate } from './json-path-values.ts'

const list = {
  kind: 'List',
  items: [
    {
      metadata: { name: 'a', labels: { 'example.com/x': '1', app: 'x' } },
      status: { n: 3, ready: true, html: '<b>&' },
      ports: [80, 443, 8080],
    },
    { metadata: { name: 'b' }, status: { n: 5, ready: false }, ports: [] },
  ],
}
const print = (template: string) => printTemplate(parseTemplate(template), list)

/** What kubectl prints; the commands of test/cli-like-kubectl.long.test.ts ask it. */
const table: [template: string, text: string][] = [
  ['', ''],
  ['text', 'text'],
  ['.kind', '.kind'],
  ['{.kind}', 'List'],
  ['{$.kind} {@.kind}', 'List List'],
  ['{ .kind }', 'List'],
  ['{.}', ''],
  ['<{.nope}>', '<>'],
  ['{.items[*].metadata.name}', 'a b'],
  ['{.items[0].metadata.name}', 'a'],
  ['{.items[-1].metadata.name}', 'b'],
  ['{.items[-2].metadata.name}', 'a'],
  ['{.items[0].ports[0:2]}', '80 443'],
  ['{.items[0].ports[1:]}', '443 8080'],
  ['{.items[0].ports[:-1]}', '80 443'],
  ['{.items[0].ports[::2]}', '80 8080'],
  ['{.items[0].ports[0,2]}', '80 8080'],
  ["{.items[*]['metadata.name', 'status.n']}", 'a b 3 5'],
  ['{.items[0].metadata.labels.example\\.com/x}', '1'],
  ["{.items[0].metadata.labels['example\\.com/x']}", '1'],
  ['{.items[0].metadata.labels}', '{"app":"x","example.com/x":"1"}'],
  ['{.items[0].status.html}{.items[0].status}', '<b>&{"html":"\\u003cb\\u003e\\u0026","n":3,"ready":true}'],
  ['{.items[1].ports}{.items[1].ports[*]}', '[]'],
  ['{.items[0].metadata.labels.*}', 'x 1'],
  ['{..name}', 'a b'],
  ['{range .items[*]}{.metadata.name}{"\\t"}{.status.n}{"\\n"}{end}', 'a\t3\nb\t5\n'],
  ["{range .items[*]}{.metadata.name}{':'}{range .ports[*]}{@},{end};{end}.", 'a:80,443,8080,;b:;.'],
  ['{range .nope[*]}x{end}y', 'y'],
  ['{range .items[*]}{.metadata.name}', 'ab'],
  ['{.items[?(@.metadata.name=="b")].status.n}', '5'],
  ["{.items[?(@.metadata.name!='b')].status.n}", '3'],
  ['{.items[?(@.status.n>3)].metadata.name}', 'b'],
  ['{.items[?(@.status.n<=3)].metadata.name}', 'a'],
  ['{.items[?(@.status.ready==true)].metadata.name}', 'a'],
  ['{.items[?(@.metadata.labels)].metadata.name}', 'a'],
  ['{.items[?(@.metadata.labels.app=="x")].metadata.labels.app}', 'x'],
  ['{"{}"}', '{}'],
]
test.each(table)('%s', (template, text) => {
  expect(print(template)).toBe(text)
})

const wrong: [template: string, message: string][] = [
  ['{.kind', 'unclosed action'],
  ['{end}', 'not in range, nothing to end'],
  ['{.items[}', 'unterminated array'],
  ['{.items[x]}', 'invalid array index x'],
  ['{nope}', 'unrecognized identifier nope'],
  ['{%}', "unrecognized character in action: U+0025 '%'"],
  ['{.items[2]}', 'array index out of bounds: index 2, length 2'],
  ['{.items[0:5]}', 'array index out of bounds: index 4, length 2'],
  ['{.kind[0]}', 'string is not array or slice'],
  ['{.items[?(@.status.n=="3")]}', 'incompatible types for comparison'],
]
test.each(wrong)('refused: %s', (template, message) => {
  expect(() => print(template)).toThrow(message)
})

describe('the path of a column', () => {
  test.each(['metadata.name', '.metadata.name', '{metadata.name}', '{.metadata.name}'])('%s', (path) => {
    expect(printTemplate(parseField(path), list.items[0])).toBe('a')
  })
  test.each(['{.a}{.b}', '{.a', ''])('not %s', (path) => {
    expect(() => parseField(path)).toThrow('unexpected path string')
  })
})
