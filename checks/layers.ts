// The one-way order of the folders: who may import whom. Each row says what a folder stands on; everything else is
// refused, and so are cycles between folders, because the order has none.
import { dirname, join, normalize } from 'node:path/posix'

/** A file, as a path from the root of the project (`src/api/labels.ts`), and its text. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

const everyFolder = ['base', 'api', 'reconcile', 'store', 'client', 'apiserver', 'controller', 'agent']

/** Folder of src (or `cluster.ts`) → the folders it may import from, besides itself. */
export const standsOn: Readonly<Record<string, readonly string[]>> = {
  base: [],
  api: ['base'],
  reconcile: ['base', 'api'],
  store: ['base', 'api'],
  client: ['base', 'api'],
  spdy: ['base'],
  apiserver: ['base', 'api', 'store', 'spdy'],
  controller: ['base', 'api', 'reconcile', 'client'],
  agent: ['base', 'api', 'client', 'spdy'],
  'cluster.ts': everyFolder,
  sim: [...everyFolder, 'cluster.ts'],
  cli: [...everyFolder, 'cluster.ts', 'sim'],
  dashboard: ['base', 'api', 'reconcile', 'client'],
}

/** A test beside the code may also import a server and a store to run against, and the shared test world. */
const alsoInTests = ['apiserver', 'store', 'client']

export function checkLayers(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const folder = folderOf(file.path)
    if (folder === undefined) return []
    const allowed = standsOn[folder]
    if (allowed === undefined) {
      return [`${file.path}: src/${folder} has no place in the order of the folders (checks/layers.ts)`]
    }
    return importsOf(file.text).flatMap(({ target, line }) => refused(file.path, folder, allowed, target, line))
  })
}

function refused(path: string, folder: string, allowed: readonly string[], target: string, line: number): string[] {
  if (!target.startsWith('.')) return []
  const resolved = normalize(join(dirname(path), target))
  const isTest = path.endsWith('.test.ts') || path.endsWith('-suite.ts')
  if (resolved.startsWith('test/')) {
    return isTest ? [] : [`${path}:${line}: code must not import from test/ (${target})`]
  }
  const to = folderOf(resolved)
  if (to === undefined) return [`${path}:${line}: imports ${target}, which is outside src/`]
  if (to === folder || allowed.includes(to) || (isTest && alsoInTests.includes(to))) return []
  return [`${path}:${line}: ${folder} must not import ${to} (${target}): pass the value in, or move the code down`]
}

/** `src/api/schema/decode.ts` → `api`; `src/cluster.ts` → `cluster.ts`; undefined outside src. */
function folderOf(path: string): string | undefined {
  const [top, folder] = path.split('/')
  return top === 'src' ? folder : undefined
}

/** Static, dynamic and re-exporting imports. */
function importsOf(text: string): { target: string; line: number }[] {
  const pattern =
    /(?:^|[\s;}])(?:import|export)\s(?:[^'"()]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g
  return [...text.matchAll(pattern)].map((match) => ({
    target: match[1] ?? match[2] ?? '',
    line: text.slice(0, match.index).split('\n').length + (/^\s*\n/.test(match[0]) ? 1 : 0),
  }))
}
