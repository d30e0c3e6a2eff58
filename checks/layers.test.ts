import { expect, test } from 'vitest'
import { checkLayers, standsOn } from './layers.ts'

const table: [name: string, path: string, text: string, refused: boolean][] = [
  ['api stands on base', 'src/api/a.ts', `import { x } from '../base/x.ts'`, false],
  ['a folder may import itself', 'src/api/schema/a.ts', `import { x } from '../labels.ts'`, false],
  ['base knows nothing of the api', 'src/base/a.ts', `import type { x } from '../api/x.ts'`, true],
  ['the server never sees a controller', 'src/apiserver/a.ts', `import { x } from '../controller/x.ts'`, true],
  ['a controller never sees the server', 'src/controller/a.ts', `import { x } from '../apiserver/x.ts'`, true],
  ['its test may run against it', 'src/controller/a.test.ts', `import { x } from '../apiserver/x.ts'`, false],
  ['the sim never sees the cli', 'src/sim/a.ts', `import { x } from '../cli/x.ts'`, true],
  ['the cluster is seen by the cli only', 'src/agent/a.ts', `import { x } from '../cluster.ts'`, true],
  ['the cluster may see all below it', 'src/cluster.ts', `import { x } from './agent/x.ts'`, false],
  ['an import over several lines', 'src/base/a.ts', `import {\n  x,\n  y,\n} from '../api/x.ts'`, true],
  ['a lazy import counts', 'src/base/a.ts', `const x = await import('../api/x.ts')`, true],
  ['a re-export counts', 'src/base/index.ts', `export * from '../api/x.ts'`, true],
  ['an import for its effect counts', 'src/base/a.ts', `import '../api/x.ts'`, true],
  ['packages are not its business', 'src/store/a.ts', `import { open } from 'lmdb'`, false],
  ['code does not import test helpers', 'src/api/a.ts', `import { x } from '../../test/world.ts'`, true],
  ['a test does', 'src/api/a.test.ts', `import { x } from '../../test/world.ts'`, false],
  ['a folder nobody has placed', 'src/helpers/a.ts', '', true],
]

test.each(table)('%s', (_name, path, text, refused) => {
  expect(checkLayers([{ path, text }]).length > 0).toBe(refused)
})

test('a refusal names the file, the line and what to do', () => {
  const text = `// first line\nimport { x } from '../api/x.ts'`
  expect(checkLayers([{ path: 'src/base/a.ts', text }])).toEqual([
    'src/base/a.ts:2: base must not import api (../api/x.ts): pass the value in, or move the code down',
  ])
})

test('the order of the folders has no cycle', () => {
  const visit = (folder: string, above: readonly string[]): void => {
    expect(above).not.toContain(folder)
    for (const below of standsOn[folder] ?? []) visit(below, [...above, folder])
  }
  for (const folder of Object.keys(standsOn)) visit(folder, [])
})
