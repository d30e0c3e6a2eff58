// What the API server counts, in the text format that Prometheus reads (W1.8). The names are upstream's where upstream
// has one, so that dashboards made for Kubernetes show these too. Nothing here decides anything.
// Upstream: apiserver/pkg/endpoints/metrics/metrics.go, apiserver/pkg/storage/etcd3/metrics.

import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { type Resource, resources } from '../api/resources.ts'
import type { ApiResponse } from '../api/wire.ts'
import { bytesAnswer } from './answer.ts'
import type { ApiserverOptions } from './parts.ts'
import type { Route, Target } from './request.ts'
import { storageOf } from './stored.ts'
import { versionInfo } from './version.ts'
import type { WatchHubs } from './watch/hub.ts'

export interface Metrics {
  /** A request has begun; the call that comes back is for its end. */
  begin(route: Route): (code: number) => void
  answer(): Promise<ApiResponse>
}

type MetricsParts = Pick<ApiserverOptions, 'store' | 'clock'> & { readonly hubs: WatchHubs }

/** Upper ends, in seconds: what a request in memory takes, up to what a client gives up after. */
const durationBuckets = [0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

export function createMetrics(parts: MetricsParts): Metrics {
  const { clock } = parts
  const registry = new Registry()
  const registers = [registry]
  const tallies = new Map<string, Tally>()
  const inflight = { mutating: 0, readOnly: 0 }
  new Counter({
    name: 'apiserver_request_total',
    help: 'Requests answered, by what was asked and the HTTP status code.',
    labelNames: ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'code'],
    registers,
    collect() {
      this.reset()
      for (const { labels, count } of tallies.values()) this.inc(labels, count)
    },
  })
  const durations = new Histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'Time from a request to its answer; of a watch, to its beginning.',
    labelNames: ['verb'],
    buckets: durationBuckets,
    registers,
  })
  new Gauge({
    name: 'apiserver_current_inflight_requests',
    help: 'Requests that are being answered now.',
    labelNames: ['request_kind'],
    registers,
    collect() {
      for (const [request_kind, count] of Object.entries(inflight)) this.set({ request_kind }, count)
    },
  })
  addGauges(registry, parts)
  return {
    begin(route) {
      const beganMs = clock.now()
      const verb = verbOf(route)
      const kind = readingVerbs.has(verb) ? 'readOnly' : 'mutating'
      inflight[kind]++
      return (code) => {
        inflight[kind]--
        tally(tallies, route, verb, code)
        durations.observe({ verb }, (clock.now() - beganMs) / 1000)
      }
    },
    async answer() {
      const text = await registry.metrics()
      return bytesAnswer(200, Buffer.from(text), { 'content-type': registry.contentType })
    },
  }
}

/** Counted here, and handed to the library when somebody asks: it takes longer for seven labels than a request does. */
interface Tally {
  readonly labels: Readonly<Record<string, string>>
  count: number
}

function tally(tallies: Map<string, Tally>, route: Route, verb: string, code: number): void {
  const target = route.to === 'target' ? route.target : undefined
  const { group = '', version = '', plural = '' } = target?.resource ?? {}
  const subresource = target?.subresource?.name ?? ''
  const scope = scopeOf(target)
  const key = `${verb} ${group} ${version} ${plural} ${subresource} ${scope} ${code}`
  const known = tallies.get(key)
  if (known !== undefined) known.count++
  else {
    const labels = { verb, group, version, resource: plural, subresource, scope, code: String(code) }
    tallies.set(key, { labels, count: 1 })
  }
}

/** Facts that are read when somebody asks. */
function addGauges(registry: Registry, { store, hubs }: MetricsParts): void {
  const registers = [registry]
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  const byResource = (name: string, help: string, read: (resource: Resource) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['resource'],
      registers,
      collect() {
        for (const resource of kept) this.set({ resource: storedName(resource) }, read(resource))
      },
    })
  byResource('apiserver_storage_objects', 'Objects stored.', ({ collection }) => store.count(collection))
  byResource('apiserver_registered_watchers', 'Watches that are open.', (resource) => hubs.of(resource).watchers)
  gauge('everynode_store_revision', 'The newest revision that can be read.', () => store.revision)
  gauge('process_resident_memory_bytes', 'Memory of this process.', () => process.memoryUsage.rss())
  gauge('process_start_time_seconds', 'When this process began, since the epoch.', () => {
    return Math.round(performance.timeOrigin / 1000)
  })
  const { gitVersion: git_version, platform } = versionInfo
  new Gauge({
    name: 'kubernetes_build_info',
    help: 'Always 1; the labels say which API is spoken.',
    labelNames: ['git_version', 'platform'],
    registers,
  }).set({ git_version, platform }, 1)
}

/** One row a collection that is stored at all. */
const kept = resources.filter((resource) => storageOf(resource) === resource && resource.verbs.includes('list'))

/** `pods`, `daemonsets.apps`. */
function storedName({ group, plural }: Resource): string {
  return group === '' ? plural : `${plural}.${group}`
}

function scopeOf(target: Target | undefined): string {
  if (target === undefined) return ''
  return target.name !== undefined ? 'resource' : target.namespace === undefined ? 'cluster' : 'namespace'
}

/** Everything that is no resource counts as one: paths are made up by whoever asks. */
function verbOf(route: Route): string {
  if (route.to !== 'target') return 'OTHER'
  return verbLabels[route.verb] ?? route.verb.toUpperCase()
}

const verbLabels: Readonly<Record<string, string>> = { create: 'POST', update: 'PUT' }

const readingVerbs: ReadonlySet<string> = new Set(['GET', 'LIST', 'WATCH', 'OTHER'])
