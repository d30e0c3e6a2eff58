// The one bench runner: npm run bench -- SCENARIO [--against self] [--runs N] [--nodes N] [--records N] [--json FILE] [--noisy]

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { version } from '../src/base/version.ts'
import { againstOriginal } from './against/scenarios.ts'
import { coresUsedByOthers, machine, noiseLimit } from './machine.ts'
import type { Goal, Scenario } from './scenario.ts'
import { containers } from './scenarios/containers.ts'
import { decide } from './scenarios/decide.ts'
import { fanout } from './scenarios/fanout.ts'
import { idle } from './scenarios/idle.ts'
import { joinBehindChurn } from './scenarios/join-behind-churn.ts'
import { joinMass } from './scenarios/join-mass.ts'
import { recover } from './scenarios/recover.ts'
import { requests } from './scenarios/requests.ts'
import { simNodes } from './scenarios/sim-nodes.ts'
import { spawn } from './scenarios/spawn.ts'
import { store } from './scenarios/store.ts'
import { up } from './scenarios/up.ts'
import { figure, type Summary, summaryOf, table, verdictOf } from './statistics.ts'

const scenarios: readonly Scenario[] = [
  up,
  containers,
  simNodes,
  idle,
  requests,
  fanout,
  store,
  recover,
  decide,
  joinBehindChurn,
  joinMass,
  spawn,
  ...againstOriginal,
]
const contestants = ['self', 'kcm', 'reference-shape'] as const

interface Flags {
  readonly against: (typeof contestants)[number]
  readonly runs?: number
  readonly nodes?: number
  readonly records?: number
  readonly json?: string
  readonly noisy: boolean
}

interface Result {
  readonly scenario: string
  readonly contestant: string
  readonly runs: readonly Readonly<Record<string, number>>[]
  readonly summary: Readonly<Record<string, Summary>>
  /** Cores that others used just before, at worst; null where the system does not say. */
  readonly noise: number | null
}

await main(process.argv.slice(2))

async function main(words: readonly string[]): Promise<void> {
  const program = new Command('bench')
    .description('Measures everynode, and says on what machine.')
    .argument('<scenario>', 'what to measure')
    .addOption(new Option('--against <contestant>', 'whom to measure').choices(contestants).default('self'))
    .option('--runs <count>', 'how often (default: the scenario says)', wholeNumber)
    .option('--nodes <count>', 'nodes, where the scenario has some', wholeNumber)
    .option('--records <count>', 'records, where the scenario has some', wholeNumber)
    .option('--json <file>', 'where to write everything that was measured')
    .option('--noisy', `measure although others use more than ${noiseLimit} of a core`, false)
    .addHelpText(
      'after',
      `\nScenarios:\n${scenarios.map(({ name, question }) => `  ${name.padEnd(20)}${question}`).join('\n')}`,
    )
    .exitOverride()
  try {
    program.parse(words, { from: 'user' })
    process.exitCode = await bench(program.args[0] ?? '', program.opts<Flags>())
  } catch (error) {
    // Commander has said it already.
    if (!(error instanceof CommanderError)) throw error
    process.exitCode = error.exitCode
  }
}

async function bench(name: string, flags: Flags): Promise<number> {
  const scenario = scenarios.find((scenario) => scenario.name === name)
  if (scenario === undefined) {
    console.error(`error: no scenario ${name}; there are ${scenarios.map(({ name }) => name).join(', ')}`)
    return 1
  }
  const available = scenario.contestants ?? ['self']
  if (!available.includes(flags.against)) {
    // Never a silent pass: whoever asked for a comparison must see that there was none.
    console.error(`error: ${flags.against} is not available for ${name}: so far there is ${available.join(', ')}`)
    return 1
  }
  const result = await measured(scenario, flags)
  if (result === undefined) return 1
  console.log(report(scenario, result, sizeOf(scenario, flags)))
  if (flags.json !== undefined) {
    const all = { everynode: version, machine: machine(), flags, ...result }
    writeFileSync(flags.json, `${JSON.stringify(all, null, 2)}\n`)
  }
  return 0
}

interface Size {
  readonly nodes: number
  readonly records: number
}

function sizeOf(scenario: Scenario, flags: Flags): Size {
  return { nodes: flags.nodes ?? scenario.nodes ?? 0, records: flags.records ?? scenario.records ?? 0 }
}

/** What the goal is for, where this is something else. */
function otherSize({ atNodes, atRecords }: Goal, { nodes, records }: Size): string | undefined {
  if (atNodes !== undefined && atNodes !== nodes) return `for ${atNodes} nodes`
  if (atRecords !== undefined && atRecords !== records) return `for ${atRecords} records`
  return undefined
}

/** Undefined when the machine is too busy to say anything. */
async function measured(scenario: Scenario, flags: Flags): Promise<Result | undefined> {
  const runs: Readonly<Record<string, number>>[] = []
  const say = (line: string) => console.error(`  ${line}`)
  let noise: number | undefined
  for (let run = 1; run <= (flags.runs ?? scenario.runs); run++) {
    const others = await coresUsedByOthers()
    if (others !== undefined && others > noiseLimit && !flags.noisy) {
      console.error(
        `error: others use ${figure(others)} cores, too many for a figure to mean anything (--noisy goes on)`,
      )
      return undefined
    }
    if (others !== undefined) noise = Math.max(noise ?? 0, others)
    console.error(`${scenario.name}, run ${run} of ${flags.runs ?? scenario.runs}`)
    const directory = mkdtempSync(join(tmpdir(), `everynode-bench-${scenario.name}-`))
    try {
      runs.push(await scenario.run({ ...sizeOf(scenario, flags), against: flags.against, directory, say }))
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }
  const summary = Object.fromEntries(
    scenario.metrics.map(({ name }) => [name, summaryOf(runs.map((run) => run[name] ?? Number.NaN))]),
  )
  return { scenario: scenario.name, contestant: flags.against, runs, summary, noise: noise ?? null }
}

function report(scenario: Scenario, { runs, summary, noise, contestant }: Result, size: Size): string {
  const { cpus, cpu, memoryGiB, system, node, load } = machine()
  const rows = scenario.metrics.map(({ name, unit, goal }) => {
    const { min, median, max, spread } = summary[name]!
    const wanted =
      goal === undefined
        ? ['', '', '']
        : [goal.id, `${goal.must} / ${goal.moonshot}`, otherSize(goal, size) ?? verdictOf(median, goal)]
    return [name, unit, figure(min), figure(median), figure(max), `${Math.round(spread * 100)} %`, ...wanted]
  })
  const head = ['', 'unit', 'min', 'median', 'max', 'spread', 'goal', 'must / moonshot', 'median is']
  return [
    `${scenario.name}: ${scenario.question}`,
    `${contestant} ${version}, ${runs.length} runs${Object.entries(size)
      .map(([of, count]) => (count === 0 ? '' : `, ${count} ${of}`))
      .join('')}`,
    '',
    table([head, ...rows]),
    '',
    `on ${cpus} cores of ${cpu}, ${memoryGiB} GiB, ${system}, Node ${node}`,
    `load average ${load.join(' ')}; others used ${noise === null ? 'an unknown part of a core' : `${figure(noise)} cores`} before the worst run`,
  ].join('\n')
}

function wholeNumber(text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number < 1) throw new InvalidArgumentError('Needed is a whole number above 0.')
  return number
}
