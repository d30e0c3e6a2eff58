import { expect, test } from 'vitest'
import { checkLinks } from './links.ts'

const files = new Set(['README.md', 'docs', 'docs/ARCHITECTURE.md', 'docs/guide/a.md'])
const check = (path: string, text: string) =>
  checkLinks(
    [
      { path, text },
      { path: 'docs/guide/a.md', text: '# A page\n## Second, part\n' },
    ],
    (file) => files.has(file),
  )

const table: [name: string, path: string, text: string, problems: number][] = [
  ['a file beside', 'README.md', '[a](docs/ARCHITECTURE.md)', 0],
  ['a folder', 'README.md', '[a](docs/)', 0],
  ['a file above', 'docs/ARCHITECTURE.md', '[a](../README.md)', 0],
  ['a file that is not there', 'README.md', '[a](docs/GONE.md)', 1],
  ['a heading', 'README.md', '[a](docs/guide/a.md#second-part)', 0],
  ['a heading that is not there', 'README.md', '[a](docs/guide/a.md#third-part)', 1],
  ['the web is not asked', 'README.md', '[a](https://kubernetes.io/)', 0],
  ['code is not a link', 'README.md', '```\n[a](b)\n```\nand `[c](d)`', 0],
]

test.each(table)('%s', (_name, path, text, problems) => {
  expect(check(path, text)).toHaveLength(problems)
})
