// `npm run scenarios`: plays every transcript and shows which have changed; with --rewrite their answers are written anew.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { parseScenario, playScenario, printScenario } from '../src/sim/scenario.ts'

const folder = new URL('../test/scenarios/', import.meta.url)
const rewrite = process.argv.includes('--rewrite')
let changed = 0

for (const name of readdirSync(folder).filter((one) => one.endsWith('.txt'))) {
  const path = new URL(name, folder)
  const text = readFileSync(path, 'utf8')
  const scenario = parseScenario(text)
  const played = printScenario({ ...scenario, answer: await playScenario(scenario) })
  if (played === text) continue
  changed++
  if (rewrite) writeFileSync(path, played)
  console.log(rewrite ? `${name} rewritten` : `${name} has changed:\n${played}`)
}
process.exitCode = changed > 0 && !rewrite ? 1 : 0
