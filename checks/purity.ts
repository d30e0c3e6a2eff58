// The pure floor (base, api, reconcile) fetches no facts: no clock, no chance, no platform. The compiler refuses Node's
// names there (tsconfig.pure.json has no types); this refuses what the language itself would still allow, and makes sure
// that the compiler was really asked.
import type { SourceFile } from './layers.ts'

const pureFolders = ['src/base/', 'src/api/', 'src/reconcile/']

const forbidden: readonly [pattern: RegExp, instead: string][] = [
  [/\bDate\.now\b/, 'take the time as an argument'],
  [/\bnew Date\(\s*\)/, 'take the time as an argument'],
  [/\bMath\.random\b/, 'take a Random as an argument'],
  [/\blocaleCompare\b/, 'compareText: order must not depend on the machine'],
  [/\bfrom 'node:/, 'no platform here: move the code up'],
]

export function checkPurity(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    const isPure = pureFolders.some((folder) => path.startsWith(folder)) && !path.endsWith('.test.ts')
    if (!isPure) return []
    return text.split('\n').flatMap((line, index) => {
      const code = line.replace(/\/\/.*$/, '')
      return forbidden
        .filter(([pattern]) => pattern.test(code))
        .map(([, instead]) => `${path}:${index + 1}: impure on the pure floor: ${instead}`)
    })
  })
}

/** `tsc -p tsconfig.pure.json --listFilesOnly`: what the pure floor was compiled with. */
export function checkPureFileList(listing: string): string[] {
  const files = listing.split('\n').filter((line) => line.trim() !== '')
  const problems = files
    .filter((file) => file.includes('/@types/node/') || /lib\.dom[^/]*\.d\.ts$/.test(file))
    .map((file) => `tsconfig.pure.json: the pure floor is compiled with ${file}`)
  const seesThePureFloor = files.some((file) => file.includes('/src/base/'))
  return seesThePureFloor ? problems : [...problems, 'tsconfig.pure.json: no file of src/base was compiled']
}
