// A scenario is a text: commands, a line, and what the cluster did (test/scenarios). Here it is read and played; the
// clock starts when the cluster it begins with is at rest.

import type { DaemonSet } from '../api/types.ts'
import { nameAlphabet } from '../base/random.ts'
import { whatIsNotSettled } from './checks/settled.ts'
import { commands } from './scenario-commands.ts'
import { ScenarioFaults } from './scenario-faults.ts'
import { daemonSetNamed } from './script.ts'
import { printLine } from './transcript.ts'
import { start } from './troubles.ts'
import { World } from './world.ts'

export interface Scenario {
  /** Lines that begin with `#`, as they stand. */
  readonly about: readonly string[]
  readonly commands: readonly string[]
  readonly answer: readonly string[]
}

const line = '----'

export function parseScenario(text: string): Scenario {
  const lines = text.split('\n').map((one) => one.trimEnd())
  const end = lines.indexOf(line)
  const head = (end < 0 ? lines : lines.slice(0, end)).filter((one) => one !== '')
  const answer = end < 0 ? [] : lines.slice(end + 1)
  while (answer.at(-1) === '') answer.pop()
  return {
    about: head.filter((one) => one.startsWith('#')),
    commands: head.filter((one) => !one.startsWith('#')),
    answer,
  }
}

export function printScenario({ about, commands, answer }: Scenario): string {
  return [...about, ...commands, line, ...answer, ''].join('\n')
}

/** What the cluster did; the last line says what broke a rule, where something did. */
export async function playScenario({ commands: given }: Scenario): Promise<string[]> {
  const faults = new ScenarioFaults()
  const [first = '', ...rest] = given
  const world = new World({
    seed: 1,
    faults,
    podNames: first.includes(' with derived-names') ? 'derived' : 'generated',
    flushMs: () => 1,
    stalenessMs: 60_000,
    controllers: 1,
    // A transcript changes when the cluster does something else, and not when chance is asked once more.
    order: { float: () => 0, uuid: () => '' },
  })
  world.onDeath = ({ name }) => world.scheduler.after(1_000, () => start(world, name))
  await begin(world, first)
  const fromMs = world.scheduler.now() - world.scheduler.startMs
  const from = world.transcript.lines.length
  for (const command of rest) await perform(world, faults, command)
  const named = namesInOrder()
  const told = world.transcript.lines.map((one) => ({ ...one, what: named(one.what.replaceAll('default/', '')) }))
  return told
    .slice(from)
    .filter(({ who }) => who !== 'user')
    .map(({ ms, who, what }) => printLine({ ms: ms - fromMs, who, what }).trimEnd())
}

/** `logger-n5xxs` becomes `logger-1`, the next one `logger-2`: names by chance, or by a hash, tell nobody anything. */
function namesInOrder(): (text: string) => string {
  const names = new Map<string, string>()
  const generated = new RegExp(`\\b([a-z]+)-(?:[${nameAlphabet}]{5}|[${nameAlphabet}]{12,20})\\b`, 'g')
  return (text) =>
    text.replace(generated, (name, prefix: string) => {
      const known = names.get(name) ?? `${prefix}-${names.size + 1}`
      names.set(name, known)
      return known
    })
}

/** `daemonset NAME on NODE… [with FIELD VALUE…]`: the cluster a scenario begins with. */
async function begin(world: World, command: string): Promise<void> {
  const [, name, nodes, how = ''] = /^daemonset (\S+) on ([^:]*?)(?: with (.*))?$/.exec(command) ?? []
  if (name === undefined || nodes === undefined) {
    throw new Error(`a scenario begins with "daemonset NAME on NODE…", not with: ${command}`)
  }
  world.startServer()
  world.startControllers()
  world.startFleet()
  await world.run(1_000)
  for (const node of nodes.split(' ')) commands['node joins']!.act(world, [node])
  await world.run(2_000)
  commands.daemonset!.act(world, [daemonSetNamed(name, `${name}:1`, specOf(how))])
  await settle(world)
}

/** `max-surge 1`, `max-unavailable 2`, `min-ready 3`, `on-delete`; and `derived-names`, which is not the DaemonSet's. */
function specOf(how: string): Partial<DaemonSet['spec']> {
  const words = how.split(' ')
  const after = (word: string) => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined)
  const maxSurge = Number(after('max-surge') ?? 0)
  const maxUnavailable = Number(after('max-unavailable') ?? (maxSurge > 0 ? 0 : 1))
  const rolling = { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } }
  return {
    updateStrategy: words.includes('on-delete') ? { type: 'OnDelete' } : rolling,
    minReadySeconds: Number(after('min-ready') ?? 0),
  }
}

async function perform(world: World, faults: ScenarioFaults, command: string): Promise<void> {
  const seconds = /^wait (\d+)s$/.exec(command)?.[1]
  if (seconds !== undefined) return world.run(Number(seconds) * 1000)
  if (command === 'settle') return settle(world)
  if (faults.expect(command)) return
  for (const { pattern, act } of Object.values(commands)) {
    const words = pattern.exec(command)
    if (words === null) continue
    act(world, words.slice(1))
    return
  }
  const known = Object.values(commands).map(({ pattern }) => pattern.source)
  throw new Error(`no such command: ${command}\n  ${known.join('\n  ')}`)
}

/** Until all is right, and a moment longer. */
async function settle(world: World): Promise<void> {
  await world.run(500)
  for (let waited = 0; waited < 1200 && world.violation === undefined; waited++) {
    world.judge.truth.nowMs = world.scheduler.now()
    const isQuiet = world.scheduler.now() - world.lastWrite.atMs >= 2_000
    if (isQuiet && whatIsNotSettled(world.judge.truth).length === 0) return
    await world.run(1_000)
  }
  if (world.violation === undefined) world.violated('L1', whatIsNotSettled(world.judge.truth).join('; '))
}
