// What the controller counts, and how it is: in upstream's names where upstream has them, so that its dashboards and
// alerts go on. Upstream: client-go's rest and leader election metrics, component-base/metrics/prometheus/workqueue.
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Send } from '../../api/wire.ts'
import type { Clock } from '../../base/clock.ts'
import { version } from '../../base/version.ts'
import type { DaemonSetController, Work } from '../../controller/daemonset/controller.ts'
import type { LeaderElection } from '../../controller/leader-election.ts'

export interface ControllerMetrics {
  /** Counts what goes through. */
  counting(send: Send): Send
  watch(election: LeaderElection | undefined, leaseMs: number, clock: Clock): void
  /** Waits for the lease. */
  standBy(): void
  /** Has seen the world, and works. */
  lead(controller: DaemonSetController): void
  /** Undefined: all is well. */
  ailment(): string | undefined
  isReady(): boolean
  text(): Promise<{ readonly contentType: string; readonly text: string }>
}

/** A leader whose lease was not renewed for so long hangs, and is to be restarted. Upstream: the same 20 seconds. */
const hangsAfterMs = 20_000

export function createControllerMetrics({ lease, host }: { lease: string; host: string }): ControllerMetrics {
  const registry = new Registry()
  const registers = [registry]
  let state: 'starting' | 'standby' | 'leading' = 'starting'
  let election: LeaderElection | undefined
  let controller: DaemonSetController | undefined
  let ailment: () => string | undefined = () => undefined
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Requests made, by method, host and HTTP status code; <error> where no answer came.',
    labelNames: ['code', 'method', 'host'],
    registers,
  })
  new Gauge({
    name: 'leader_election_master_status',
    help: 'Whether this process holds the lease: 1 yes, 0 no.',
    labelNames: ['name'],
    registers,
    collect() {
      if (election !== undefined) this.set({ name: lease }, election.isLeader ? 1 : 0)
    },
  })
  new Gauge({
    name: 'workqueue_depth',
    help: 'DaemonSets that wait for a worker.',
    labelNames: ['name'],
    registers,
    collect() {
      this.set({ name: 'daemonset' }, controller?.waiting() ?? 0)
    },
  })
  new Gauge({
    name: 'everynode_build_info',
    help: 'Always 1; the label says which everynode this is.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1)
  const worked = (name: string, help: string, of: keyof Work) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(controller?.work()[of] ?? 0)
      },
    })
  worked('everynode_daemonset_syncs_total', 'Looks at a DaemonSet.', 'syncs')
  worked('everynode_daemonset_cells_total', 'Pairs of node and DaemonSet that were worked out.', 'cells')
  worked('everynode_daemonset_placements_total', 'Nodes held against placement rules.', 'placements')
  return {
    counting: (send) => async (request) => {
      const { method } = request
      try {
        const response = await send(request)
        requests.inc({ code: response.status, method, host })
        return response
      } catch (error) {
        requests.inc({ code: '<error>', method, host })
        throw error
      }
    },
    watch(theElection, leaseMs, clock) {
      election = theElection
      ailment = () => {
        if (election?.isLeader !== true || clock.monotonic() - (election.heardMs ?? 0) < leaseMs + hangsAfterMs)
          return undefined
        return 'failed election renewal'
      }
    },
    standBy() {
      state = 'standby'
    },
    lead(theController) {
      state = 'leading'
      controller = theController
    },
    ailment: () => ailment(),
    // Standing by is what a second one is for: it is ready to lead once it has seen the lease.
    isReady: () =>
      state === 'leading' || (state === 'standby' && election?.heardMs !== undefined && !election.isLeader),
    text: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}
