// The world of a simulation: the real API server over the memory store, the real controllers, the real agents of
// simulated nodes, each in a process that can die, and the network between them.

import { startFleet } from '../agent/fleet.ts'
import type { Behaviour } from '../agent/simulated/behaviour.ts'
import type { User } from '../api/wire.ts'
import { createApiserver } from '../apiserver/apiserver.ts'
import { createAuthorizer } from '../apiserver/identity/authorize.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { userAgentOf } from '../base/version.ts'
import { keyOf } from '../client/cache.ts'
import { type Client, createClient } from '../client/client.ts'
import { createInformers } from '../client/informers.ts'
import { administrator, controllerUser, nodeUser, startControllers } from '../cluster.ts'
import type { PodNames } from '../reconcile/daemonset/pod-names.ts'
import type { HistoryLimits } from '../store/history.ts'
import { createMemoryStore, MemoryDisk } from '../store/memory.ts'
import type { StoreEvent } from '../store/store.ts'
import { Chance } from './chance.ts'
import { describe, type Exchange, type Faults } from './exchange.ts'
import { Judge, type JudgeOptions, type Violation } from './judge.ts'
import type { Mutant } from './mutants.ts'
import { type Endpoint, Network } from './network.ts'
import { SimProcess } from './process.ts'
import { recordingStore } from './recording-store.ts'
import { Scheduler } from './scheduler.ts'
import { storyOf } from './story.ts'
import { Transcript } from './transcript.ts'

export interface WorldOptions extends Omit<JudgeOptions, 'onViolation'> {
  readonly seed: number
  readonly faults: Faults
  readonly podNames: PodNames
  /** How long the disk takes. */
  readonly flushMs: () => number
  readonly history?: HistoryLimits
  readonly behaviour?: Partial<Behaviour>
  readonly mutant?: Mutant | undefined
  /** In which order things of one moment happen. Default: by the seed. */
  readonly order?: Random
  /** The transcript shows requests and log lines as well. */
  readonly tellsAll?: boolean | undefined
}

export class World {
  readonly scheduler: Scheduler
  readonly transcript: Transcript
  readonly judge: Judge
  readonly network: Network
  readonly admin: Client
  /** Who is told when a process has died by fate. */
  onDeath: (process: SimProcess) => void = () => {}
  /** Added to the time that every flush takes. */
  slowDiskMs = 0
  /** Of all but what beats. */
  lastWrite = { atMs: 0, what: 'nothing' }
  /** Nodes on which pods were made that will never serve. */
  readonly spoiled = new Set<string>()
  writes = 0
  readonly #options: WorldOptions
  readonly #disk: MemoryDisk
  readonly #processes = new Map<string, SimProcess>()
  #server: Endpoint | undefined
  #flushIsDue = false
  #violation: Violation | undefined
  #births = 0
  #revision = 1

  constructor(options: WorldOptions) {
    this.#options = options
    this.scheduler = new Scheduler(options.order ?? new Chance(options.seed, 'order'))
    const { scheduler } = this
    this.transcript = new Transcript(() => scheduler.now() - scheduler.startMs, options.tellsAll)
    this.judge = new Judge({ ...options, onViolation: (violation) => this.#violated(violation) })
    this.network = new Network({
      scheduler,
      faults: options.faults,
      server: () => this.#server,
      kill: (process, why) => this.kill(process.name, why),
      onDelivery: (exchange) => this.judge.request(exchange, scheduler.now()),
      onAnswer: (exchange, { status }) => {
        this.transcript.note(`${exchange.from.name} ${exchange.who} ${describe(exchange)} ${status}`)
      },
      onLine: (exchange, line) => this.judge.line(exchange, line),
    })
    this.#disk = options.mutant?.disk?.() ?? new MemoryDisk({ flush: 'by hand' })
    scheduler.onQuiet(() => this.#flushSoon())
    // A person, at a keyboard that no fault reaches.
    this.admin = this.#clientOf(new SimProcess('user', scheduler), administrator)
  }

  get violation(): Violation | undefined {
    return this.#violation
  }

  /** The newest revision that was shown. */
  get revision(): number {
    return this.#revision
  }

  process(name: string): SimProcess | undefined {
    return this.#processes.get(name)
  }

  startServer(): void {
    const { seed, history, mutant } = this.#options
    const process = this.#born('server')
    const opened = createMemoryStore({ disk: this.#disk, clock: process.clock, ...(history && { history }) })
    this.judge.reopened(opened, this.scheduler.now())
    const writer = () => this.network.current ?? onlyWriter(this.network.pending)
    const store = recordingStore(opened, {
      writer,
      onDecided: (collection, key, revision, what) => {
        if (process.alive) this.judge.decided(collection, key, revision, what)
      },
      onEvent: (event, by) => {
        if (process.alive) this.#event(event, by)
      },
    })
    const apiserver = createApiserver({
      store,
      clock: process.clock,
      random: new Chance(seed, `server ${this.#births}`),
      log: this.#logOf('server'),
      authorizer: createAuthorizer(),
    })
    this.#server = { handle: mutant?.handle?.(apiserver.handle) ?? apiserver.handle, process }
  }

  startControllers(name = 'controllers'): void {
    const { seed, podNames, mutant } = this.#options
    const process = this.#born(name)
    const chance = { clock: process.clock, random: new Chance(seed, `${name} ${this.#births}`), log: this.#logOf(name) }
    const clientFor = (user: User) => this.#clientOf(process, user)
    const informers = createInformers({ client: clientFor(controllerUser('informers')), ...chance })
    const controllers = startControllers({
      ...chance,
      clientFor,
      caCertificate: 'simulated',
      podNames,
      informers: mutant?.informers?.(informers) ?? informers,
    })
    controllers.ready.catch(() => {})
  }

  startFleet(): void {
    const { seed, behaviour } = this.#options
    const process = this.#born('nodes')
    const fleet = startFleet({
      client: this.#clientOf(process, controllerUser('fleet')),
      clientFor: (node) => this.#clientOf(process, nodeUser(node)),
      clock: process.clock,
      random: new Chance(seed, `nodes ${this.#births}`),
      log: this.#logOf('nodes'),
      ...(behaviour && { behaviour }),
    })
    fleet.ready.catch(() => {})
  }

  /** The process ends at once. Of the server, `survivors` of the groups of writes that wait for the disk are kept. */
  kill(name: string, why: string, survivors = 0): void {
    const process = this.#processes.get(name)
    if (process === undefined) return
    this.#processes.delete(name)
    process.kill()
    this.transcript.say(name, `killed ${why}`)
    if (name === 'server') {
      this.#server = undefined
      this.#disk.crash(survivors)
      this.network.serverDied()
    } else {
      this.network.processDied(process)
    }
    this.onDeath(process)
  }

  /** Lets things happen for so long, or until `isOver`; a violation ends it as well. */
  async run(ms: number, isOver: () => boolean = () => false): Promise<void> {
    await this.scheduler.run(this.scheduler.now() + ms, () => this.#violation !== undefined || isOver())
  }

  violated(invariant: string, what: string): void {
    this.#violated({ invariant, what })
  }

  #clientOf(process: SimProcess, user: User): Client {
    const send = this.network.sendOf(process, user.name)
    const { mutant } = this.#options
    return createClient({
      send: mutant?.network?.(user.name, send) ?? send,
      user,
      userAgent: userAgentOf(user.name),
    })
  }

  #born(name: string): SimProcess {
    const process = new SimProcess(name, this.scheduler)
    this.#processes.set(name, process)
    this.#births++
    this.transcript.say(name, this.#births <= 3 ? 'starts' : 'starts again')
    return process
  }

  #event(event: StoreEvent, by: Exchange | undefined): void {
    const { collection, record, revision, type } = event
    this.writes++
    this.#revision = revision
    if (!beats(collection, by) && (collection !== 'pods' || this.#isOwned(record.key))) {
      const what = `${by?.who ?? 'the server'} writes ${collection} ${record.key} (${type})`
      this.lastWrite = { atMs: this.scheduler.now(), what }
    }
    this.transcript.note(`${collection} ${record.key} ${type} ${revision} `, record.bytes)
    const change = this.judge.event(event, by, this.scheduler.now())
    for (const { who, what } of storyOf(change)) this.transcript.say(who, what)
  }

  /** What was let go of may go on failing for ever: nobody is meant to mend it. */
  #isOwned(key: string): boolean {
    return this.judge.truth.liveDaemonSets().some(({ uid }) => {
      return this.judge.truth.podsOf(uid).some(({ object }) => keyOf(object) === key)
    })
  }

  #flushSoon(): void {
    if (this.#flushIsDue || this.#disk.waiting === 0) return
    this.#flushIsDue = true
    this.scheduler.after(this.#options.flushMs() + this.slowDiskMs, () => {
      this.#flushIsDue = false
      this.#disk.flush()
    })
  }

  #violated(violation: Violation): void {
    if (this.#violation !== undefined) return
    this.#violation = violation
    this.transcript.say('check', `${violation.invariant}: ${violation.what}`)
  }

  /** Decisions are told by those who make them; what went wrong is kept for the fingerprint. */
  #logOf(process: string, fields: Readonly<Record<string, unknown>> = {}): Log {
    const say = (event: string, more: Readonly<Record<string, unknown>> = {}) => {
      const all = { ...fields, ...more }
      this.transcript.note(`${process} ${event} ${JSON.stringify(all)}`)
      if (all.because !== undefined && all.controller !== undefined) {
        const { controller, key, node, pod, revision, resource, name, because } = all
        const subject = [key ?? resource, name, revision, pod, node && `on ${node}`].filter(Boolean).join(' ')
        this.transcript.say(shortNames[String(controller)] ?? String(controller), `${event} ${subject}: ${because}`)
      }
    }
    return {
      debug: say,
      info: say,
      warn: say,
      error: (event, more) => {
        say(event, more)
        // A part that says so is broken: an error is never what was expected.
        this.transcript.say(process, `${event} ${JSON.stringify(more)}`)
      },
      child: (more) => this.#logOf(process, { ...fields, ...more }),
    }
  }
}

const shortNames: Readonly<Record<string, string>> = {
  'daemonset-controller': 'controller',
  'pod-garbage-collector': 'pod-gc',
  'garbage-collector': 'gc',
}

/** Leases, and a node that says that it is still as it was. */
function beats(collection: string, by: Exchange | undefined): boolean {
  // Events may come late: whoever writes them tells a few at a time.
  return (
    collection === 'events' ||
    collection.endsWith('/leases') ||
    (collection === 'nodes' && by?.who.startsWith('system:node:') === true)
  )
}

/** A request that writes twice is known by being the only one that can. */
function onlyWriter(pending: readonly Exchange[]): Exchange | undefined {
  const writers = pending.filter(({ kind }) => kind === 'write')
  return writers.length === 1 ? writers[0] : undefined
}
