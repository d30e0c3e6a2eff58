// The DaemonSet controller in a process of its own: it looks whether it can reach the server and may do its work, waits
// until it leads, works, and hands over when it is told to stop.
import { hostname } from 'node:os'
import type { ApiObject } from '../../api/types.ts'
import type { Send } from '../../api/wire.ts'
import { sleep } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { userAgentOf } from '../../base/version.ts'
import { type Client, createClient } from '../../client/client.ts'
import { httpSend } from '../../client/http.ts'
import { createInformers } from '../../client/informers.ts'
import { rateLimited } from '../../client/rate-limit.ts'
import { Unreachable } from '../../client/unreachable.ts'
import { startDaemonSetController } from '../../controller/daemonset/controller.ts'
import { electionTimesProblem, type LeaderElection, startLeaderElection } from '../../controller/leader-election.ts'
import type { PodNames } from '../../reconcile/daemonset/pod-names.ts'
import type { PlacementMode } from '../../reconcile/daemonset/pod-template.ts'
import { CommandError } from '../command-error.ts'
import { findConnection } from '../connect.ts'
import { type LogLevel, openLog } from '../host/log-file.ts'
import { systemClock, systemRandom } from '../host/system.ts'
import type { Address } from '../up/cluster-flags.ts'
import { aborted, stopSignal } from '../up/signals.ts'
import { checkAccess } from './access.ts'
import { serveHealth } from './health.ts'
import { createControllerMetrics } from './metrics.ts'
import { reachedServer } from './reach.ts'

export interface ControllerFlags {
  readonly kubeconfig?: string
  readonly context?: string
  readonly placement?: PlacementMode
  readonly podNames: PodNames
  readonly leaderElect: boolean
  readonly leaderElectLeaseDuration: number
  readonly leaderElectRenewDeadline: number
  readonly leaderElectRetryPeriod: number
  readonly leaderElectResourceName: string
  readonly leaderElectResourceNamespace: string
  readonly kubeApiQps: number
  readonly kubeApiBurst: number
  readonly listen: Address
  readonly logLevel: LogLevel
}

export const controllerLimits = {
  /** Where the flags name no port. kube-controller-manager has 10257, kube-scheduler 10259. */
  port: 10358,
  /** Writes in hand at the end get their answer within this, or nobody waits for it. */
  stopMs: 10_000,
} as const

export async function controller(flags: ControllerFlags): Promise<void> {
  const times = electionTimesOf(flags)
  const connection = findConnection(flags, process.env)
  const stop = stopSignal()
  const { log, flush } = openLog(flags.logLevel)
  const http = httpSend(connection)
  try {
    await run({ flags, times, send: http.send, server: connection.server, log, stop: stop.signal })
  } finally {
    await http.close()
    flush()
    stop.forget()
  }
}

function electionTimesOf(flags: ControllerFlags) {
  const times = {
    leaseMs: flags.leaderElectLeaseDuration,
    renewDeadlineMs: flags.leaderElectRenewDeadline,
    retryMs: flags.leaderElectRetryPeriod,
  }
  const problem = electionTimesProblem(times)
  if (problem !== undefined) throw new CommandError(`leader election: ${problem}`)
  return times
}

interface Run {
  readonly flags: ControllerFlags
  readonly times: ReturnType<typeof electionTimesOf>
  readonly send: Send
  readonly server: string
  readonly log: Log
  readonly stop: AbortSignal
}

async function run({ flags, times, send, server, log, stop }: Run): Promise<void> {
  const metrics = createControllerMetrics({ lease: flags.leaderElectResourceName, host: new URL(server).host })
  const counted = metrics.counting(send)
  const own = clientOf(counted)
  const version = await reachedServer(own, server)
  const lease = { namespace: flags.leaderElectResourceNamespace, name: flags.leaderElectResourceName }
  await checkAccess(own, server, flags.leaderElect ? lease : undefined, log)
  const { placement = version.includes('+everynode') ? 'node-name' : 'scheduler' } = flags
  const health = await serveHealth({ ...flags.listen, port: flags.listen.port ?? controllerLimits.port }, metrics)
  log.info('reached', { server, version, placement, health: health.address })
  try {
    const election = flags.leaderElect ? elect(own, flags, times, log) : undefined
    metrics.watch(election, times.leaseMs, systemClock)
    try {
      if (election !== undefined) {
        metrics.standBy()
        await Promise.race([election.elected, aborted(stop)])
      }
      if (!stop.aborted) await lead({ flags, placement, counted, server, log, stop, election, metrics })
    } finally {
      // Only now: whoever comes next must not meet a write of ours.
      await election?.stop()
    }
  } finally {
    await health.close()
  }
}

interface Lead extends Pick<Run, 'flags' | 'server' | 'log' | 'stop'> {
  readonly placement: PlacementMode
  readonly counted: Send
  readonly election: LeaderElection | undefined
  readonly metrics: ReturnType<typeof createControllerMetrics>
}

/** Does the work until it is told to stop; rejects when it must no longer. */
async function lead({ flags, placement, counted, server, log, stop, election, metrics }: Lead): Promise<void> {
  const fenced = fencedBy(election, counted)
  const limited =
    flags.kubeApiQps > 0
      ? rateLimited(fenced, { perSecond: flags.kubeApiQps, burst: Math.max(1, flags.kubeApiBurst) }, systemClock)
      : fenced
  const parts = { client: clientOf(limited), clock: systemClock, random: systemRandom, log }
  const informers = createInformers({ ...parts, trim: withoutManagers })
  const running = startDaemonSetController({ ...parts, informers, placement, podNames: flags.podNames })
  try {
    const lost = election?.lost ?? new Promise<never>(() => {})
    const first = await Promise.race([
      running.ready.then(() => 'ready'),
      lost.then(() => 'lost'),
      aborted(stop).then(() => 'stop'),
    ])
    if (first === 'ready') {
      metrics.lead(running)
      log.info('ready', { placement })
      process.stdout.write(`the DaemonSet controller works on ${server}\n`)
    }
    await Promise.race([lost, aborted(stop)])
    if (!stop.aborted) throw new CommandError('leader election lost: another may lead now, so this one ends')
  } finally {
    const patience = new AbortController()
    await Promise.race([running.stop(), sleep(systemClock, controllerLimits.stopMs, patience.signal)])
    patience.abort()
    informers.stop()
  }
}

function elect(client: Client, flags: ControllerFlags, times: Run['times'], log: Log): LeaderElection {
  return startLeaderElection({
    client,
    clock: systemClock,
    random: systemRandom,
    log: log.child({ lease: `${flags.leaderElectResourceNamespace}/${flags.leaderElectResourceName}` }),
    namespace: flags.leaderElectResourceNamespace,
    name: flags.leaderElectResourceName,
    // Upstream: the host and a uuid, so that two on one host are two.
    identity: `${hostname()}_${systemRandom.uuid()}`,
    times,
  })
}

/**
 * Nothing is written once another may lead: also not by a process that slept through the end of its lease and has not
 * heard of it yet. Upstream has no such fence.
 */
function fencedBy(election: LeaderElection | undefined, send: Send): Send {
  if (election === undefined) return send
  return async (request) => {
    if (request.method !== 'GET' && systemClock.monotonic() >= election.safeUntilMs) {
      throw new Unreachable(`${request.method} ${request.path}: not sent, another may lead now`, undefined)
    }
    return send(request)
  }
}

function clientOf(send: Send): Client {
  return createClient({ send, userAgent: userAgentOf('everynode-controller') })
}

/** Who wrote which field is half of an object, and read by nobody here. Upstream: NewControllerContext, trim. */
function withoutManagers<T extends ApiObject>(object: T): T {
  delete object.metadata.managedFields
  return object
}
