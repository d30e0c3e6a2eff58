// One seed, one run: a world is drawn, people and faults are let loose on it, then it must come to rest.

import type { Violation } from './judge.ts'
import type { Mutant } from './mutants.ts'
import { comeToRest, heal } from './quiet.ts'
import { RandomFaults } from './random-faults.ts'
import { prepare, startScript } from './script.ts'
import { printSwarm, swarmOf } from './swarm.ts'
import type { Line } from './transcript.ts'
import { startTroubles, supervise } from './troubles.ts'
import { World } from './world.ts'

export interface SeedResult {
  readonly seed: number
  readonly swarm: string
  readonly violation: Violation | undefined
  /** From the end of the faults until all was right; undefined where it never was. */
  readonly settledMs: number | undefined
  readonly virtualMs: number
  readonly requests: number
  readonly writes: number
  readonly faults: ReadonlyMap<string, number>
  /** Equal exactly when every byte of two runs is. */
  readonly fingerprint: string
  readonly lines: readonly Line[]
}

export interface SeedOptions {
  readonly mutant?: Mutant | undefined
  readonly tellsAll?: boolean | undefined
}

export async function runSeed(seed: number, { mutant, tellsAll }: SeedOptions = {}): Promise<SeedResult> {
  const swarm = swarmOf(seed)
  const faults = new RandomFaults(seed, swarm)
  const world = new World({
    seed,
    faults,
    podNames: swarm.podNames,
    flushMs: () => swarm.flushMs,
    history: swarm.history,
    stalenessMs: swarm.stalenessMs,
    controllers: swarm.controllers,
    mutant,
    tellsAll,
  })
  world.startServer()
  world.startControllers()
  if (swarm.controllers === 2) world.startControllers('controllers-2')
  world.startFleet()
  supervise(world, seed)
  await world.run(2_000)
  await prepare(world, swarm, seed)

  faults.switch(true)
  const endScript = startScript(world, swarm, seed)
  const endTroubles = startTroubles(world, faults, swarm, seed)
  await world.run(swarm.troubleMs)
  endScript()
  endTroubles()
  faults.switch(false)

  let settledMs: number | undefined
  if (world.violation === undefined) {
    const overMs = world.scheduler.now()
    await heal(world)
    settledMs = await comeToRest(world, overMs)
  }
  return {
    seed,
    swarm: printSwarm(swarm),
    violation: world.violation,
    settledMs,
    virtualMs: world.scheduler.now() - world.scheduler.startMs,
    requests: world.network.requests,
    writes: world.writes,
    faults: faults.injected,
    fingerprint: world.transcript.fingerprint(),
    lines: world.transcript.lines,
  }
}
