// `npm run bundle`: the command line and all it needs in a few files, dist/bundle/*.js. Node spends half of a start on
// finding and reading four hundred small modules: with these, `everynode up` is ready for half the CPU time.
// Code that a command loads when it needs it stays in a file of its own, and the licences of what is inside lie beside it.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

const directory = 'dist/bundle'
// Modules of CommonJS that are bundled into ESM still ask for `require` when they want a module of Node's.
const withRequire = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`

rmSync(directory, { recursive: true, force: true })
const { metafile } = await build({
  // Flat, because the simulator looks for its worker beside itself, and an agent for its keeper.
  entryPoints: { main: 'src/cli/main.ts', worker: 'src/sim/worker.ts', keeper: 'src/agent/process/keeper.ts' },
  outdir: directory,
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Packages that have ESM as well are smaller in it: what nobody uses is left out.
  mainFields: ['module', 'main'],
  // A native addon, and a logger that starts files of its own.
  external: ['lmdb', 'pino'],
  plugins: [{ name: 'client of undici', setup: withUndiciClient }],
  banner: { js: withRequire },
  sourcemap: true,
  sourcesContent: false,
  metafile: true,
  logLevel: 'warning',
})
writeFileSync(join(directory, 'LICENSES.txt'), licences(Object.keys(metafile.inputs)))

/** In place of the whole package; what lies in it is still found. */
function withUndiciClient({ onResolve }) {
  onResolve({ filter: /^undici$/ }, () => ({ path: resolve('scripts/undici-client.cjs') }))
}

function licences(files) {
  const packages = new Set(files.map((file) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[0]))
  packages.delete(undefined)
  return [...packages].sort().map(licence).join('\n')
}

function licence(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((found) => /^licen[cs]e/i.test(found))
  const text = file === undefined ? `License: ${license}\n` : readFileSync(join(folder, file), 'utf8')
  return `${name} ${version}\n\n${text}`
}
