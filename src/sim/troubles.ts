// What happens to whole parts: processes die and come back, stand still, or lose touch.

import { Chance } from './chance.ts'
import type { RandomFaults } from './random-faults.ts'
import { type PartFault, partFaults, type Swarm } from './swarm.ts'
import type { World } from './world.ts'

/** Starts what troubles the parts; returns the way to end it. What has died or is held still is left for `heal`. */
export function startTroubles(world: World, faults: RandomFaults, swarm: Swarm, seed: number): () => void {
  let isOver = false
  for (const fault of partFaults) {
    const everyMs = swarm.parts.get(fault)
    if (everyMs === undefined) continue
    const chance = new Chance(seed, fault)
    const again = () => {
      world.scheduler.after(Math.max(1000, everyMs * 2 * chance.float()), () => {
        if (isOver) return
        if (happens[fault](world, faults, chance)) faults.count(fault)
        again()
      })
    }
    again()
  }
  return () => {
    isOver = true
  }
}

/** False where there was nothing to happen to. */
const happens: Readonly<Record<PartFault, (world: World, faults: RandomFaults, chance: Chance) => boolean>> = {
  'server dies': (world, _, chance) => dies(world, 'server', chance),
  'controllers die': (world, _, chance) => dies(world, chance.of(['controllers', 'controllers-2']), chance),
  'nodes die': (world, _, chance) => dies(world, 'nodes', chance),
  'controllers pause': (world, _, chance) => {
    const ms = chance.spread(500, 30_000)
    const process = world.process('controllers')
    if (process === undefined) return false
    world.transcript.say('controllers', `stand still for ${ms / 1000} s`)
    process.pause(ms)
    return true
  },
  'node cut off': (world, faults, chance) => {
    const names = world.judge.truth.liveNodes().map(({ object }) => object.metadata.name ?? '')
    if (names.length === 0) return false
    const name = chance.of(names)
    return cutOff(world, faults, `system:node:${name}`, chance.spread(1000, 120_000))
  },
  'controllers cut off': (world, faults, chance) => {
    return cutOff(world, faults, 'system:controller:daemonset-controller', chance.spread(1000, 30_000))
  },
  'watches freeze': (world, _, chance) => {
    const ms = chance.spread(1000, 60_000)
    const who = chance.of(['controllers', 'nodes'])
    world.transcript.say('network', `watches of ${who} freeze for ${ms / 1000} s`)
    for (const stream of world.network.streams) {
      if (stream.exchange.from.name === who && chance.happens(0.5)) stream.freeze(world.scheduler.now() + ms)
    }
    return true
  },
  'watches break': (world, _, chance) => {
    world.transcript.say('network', 'watches break')
    world.network.breakStreams((stream) => stream.exchange.from.name !== 'user' && chance.happens(0.5))
    return true
  },
  'disk slow': (world, _, chance) => {
    const ms = chance.spread(100, 10_000)
    world.transcript.say('server', `the disk takes ${ms / 1000} s`)
    world.slowDiskMs = ms
    return true
  },
}

function dies(world: World, name: string, chance: Chance): boolean {
  if (world.process(name) === undefined) return false
  world.kill(name, 'by chance', chance.between(0, 2))
  return true
}

function cutOff(world: World, faults: RandomFaults, who: string, ms: number): boolean {
  if (faults.cutOff.has(who)) return false
  world.transcript.say('network', `${who} is cut off for ${ms / 1000} s`)
  faults.cutOff.add(who)
  world.network.breakStreams((stream) => stream.exchange.who === who)
  world.scheduler.after(ms, () => faults.cutOff.delete(who))
  return true
}

/** What has died comes back by itself, as a supervisor sees to it. */
export function supervise(world: World, seed: number): void {
  const chance = new Chance(seed, 'supervisor')
  world.onDeath = ({ name }) => {
    // Not before what the dead one had sent is through: nobody can take that back.
    world.scheduler.after(1000 + chance.spread(10, 20_000), () => start(world, name))
  }
}

export function start(world: World, name: string): void {
  if (world.process(name) !== undefined) return
  if (name === 'server') world.startServer()
  else if (name === 'nodes') world.startFleet()
  else world.startControllers(name)
}
