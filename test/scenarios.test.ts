// Each transcript is played, and must say what it said when it was read and committed. `npm run scenarios -- --rewrite`
// writes the answers anew.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseScenario, playScenario, printScenario } from '../src/sim/scenario.ts'

const folder = new URL('./scenarios/', import.meta.url)
const names = readdirSync(folder).filter((name) => name.endsWith('.txt'))

test.each(names)('%s', async (name) => {
  const text = readFileSync(new URL(name, folder), 'utf8')
  const scenario = parseScenario(text)
  expect(printScenario({ ...scenario, answer: await playScenario(scenario) })).toBe(text)
})

test('a scenario says no where it cannot be understood', async () => {
  const scenario = parseScenario('daemonset logger on a\nnode a dances')
  await expect(playScenario(scenario)).rejects.toThrow('no such command: node a dances')
})
