// What a scenario can command: a pattern, and what is done. The patterns are the documentation.

import { daemonSets, nodes, pods } from '../api/resources.ts'
import { type DaemonSet, pausedAnnotation } from '../api/types.ts'
import { annotationPrefix, daemonSetNamed, nodeNamed, perform } from './script.ts'
import type { World } from './world.ts'

export interface Command {
  readonly pattern: RegExp
  act(world: World, words: readonly unknown[]): void
}

const namespace = 'default'

export const commands: Readonly<Record<string, Command>> = {
  'node joins': {
    pattern: /^node (\S+) joins$/,
    act: (world, [name]) => doIt(world, () => world.admin.create(nodes, nodeNamed(String(name)))),
  },
  'node leaves': {
    pattern: /^node (\S+) leaves$/,
    act: (world, [name]) => doIt(world, () => world.admin.delete(nodes, { name: String(name) })),
  },
  'node falls silent': {
    pattern: /^node (\S+) falls silent$/,
    act: (world, [name]) => annotate(world, String(name), { [`${annotationPrefix}silent`]: 'true' }),
  },
  'node speaks again': {
    pattern: /^node (\S+) speaks again$/,
    act: (world, [name]) => annotate(world, String(name), { [`${annotationPrefix}silent`]: null }),
  },
  taint: {
    pattern: /^taint (\S+) (\S+):(NoSchedule|NoExecute)$/,
    act: (world, [name, key, effect]) => patchNode(world, String(name), { spec: { taints: [{ key, effect }] } }),
  },
  untaint: {
    pattern: /^untaint (\S+)$/,
    act: (world, [name]) => patchNode(world, String(name), { spec: { taints: null } }),
  },
  daemonset: {
    pattern: /^$/,
    act: (world, [object]) => doIt(world, () => world.admin.create(daemonSets, object as DaemonSet)),
  },
  image: {
    pattern: /^image (\S+):(\S+)$/,
    act: (world, [name, version]) => {
      const containers = [{ name: 'c', image: `${name}:${version}` }]
      const body = { spec: { template: { spec: { containers } } } }
      doIt(world, () => {
        return world.admin.patch(daemonSets, { namespace, name: String(name) }, { type: 'strategic', body })
      })
    },
  },
  'another daemonset': {
    pattern: /^another daemonset (\S+)$/,
    act: (world, [name]) =>
      doIt(world, () => world.admin.create(daemonSets, daemonSetNamed(String(name), `${name}:1`))),
  },
  'bad template': {
    pattern: /^template of (\S+) is never ready$/,
    act: (world, [name]) => patchTemplate(world, String(name), { [`${annotationPrefix}never-ready`]: 'true' }),
  },
  'good template': {
    pattern: /^template of (\S+) is good$/,
    act: (world, [name]) => patchTemplate(world, String(name), null),
  },
  pause: {
    pattern: /^(pause|resume) (\S+)$/,
    act: (world, [what, name]) => {
      const body = { metadata: { annotations: { [pausedAnnotation]: what === 'pause' ? 'true' : null } } }
      patchDaemonSet(world, String(name), body)
    },
  },
  delete: {
    pattern: /^delete (\S+) (Background|Foreground|Orphan)$/,
    act: (world, [name, policy]) => {
      const propagationPolicy = policy as 'Background' | 'Foreground' | 'Orphan'
      doIt(world, () => world.admin.delete(daemonSets, { namespace, name: String(name) }, { propagationPolicy }))
    },
  },
  'pod fails': {
    pattern: /^pod on (\S+) fails$/,
    act: (world, [node]) => {
      const body = { status: { phase: 'Failed', reason: 'Evicted' } }
      const name = podOn(world, String(node))
      doIt(world, () => world.admin.patch(pods, { namespace, name, subresource: 'status' }, { type: 'merge', body }))
    },
  },
  'pod is deleted': {
    pattern: /^pod on (\S+) is deleted$/,
    act: (world, [node]) => {
      const name = podOn(world, String(node))
      doIt(world, () => world.admin.delete(pods, { namespace, name }))
    },
  },
  'pod is relabelled': {
    pattern: /^pod on (\S+) is labelled app=(\S+)$/,
    act: (world, [node, app]) => {
      const name = podOn(world, String(node))
      const body = { metadata: { labels: { app } } }
      doIt(world, () => world.admin.patch(pods, { namespace, name }, { type: 'merge', body }))
    },
  },
  'clock jumps': {
    pattern: /^the clock of the (server|controllers|nodes) jumps (-?\d+)s$/,
    act: (world, [who, seconds]) => {
      const process = world.process(String(who))
      if (process !== undefined) process.skewMs += Number(seconds) * 1000
    },
  },
  'disk slow': {
    pattern: /^the disk takes (\d+)s$/,
    act: (world, [seconds]) => {
      world.slowDiskMs = Number(seconds) * 1000
    },
  },
  'stand still': {
    pattern: /^the (server|controllers|nodes) stands? still for (\d+)s$/,
    act: (world, [who, seconds]) => world.process(String(who))?.pause(Number(seconds) * 1000),
  },
  'watches freeze': {
    pattern: /^watches of the (controllers|nodes) freeze for (\d+)s$/,
    act: (world, [who, seconds]) => {
      const untilMs = world.scheduler.now() + Number(seconds) * 1000
      for (const stream of world.network.streams) if (stream.exchange.from.name === who) stream.freeze(untilMs)
    },
  },
  'watches break': {
    pattern: /^watches of the (controllers|nodes) break$/,
    act: (world, [who]) => world.network.breakStreams(({ exchange }) => exchange.from.name === who),
  },
  dies: {
    pattern: /^(server|controllers|nodes) dies?$/,
    act: (world, [name]) => world.kill(String(name), 'by command'),
  },
}

function doIt(world: World, act: () => Promise<unknown>): void {
  perform(world, { what: 'as commanded', act })
}

function patchDaemonSet(world: World, name: string, body: object): void {
  doIt(world, () => world.admin.patch(daemonSets, { namespace, name }, { type: 'merge', body }))
}

function patchTemplate(world: World, name: string, annotations: Record<string, string> | null): void {
  patchDaemonSet(world, name, { spec: { template: { metadata: { annotations } } } })
}

function annotate(world: World, name: string, annotations: Record<string, string | null>): void {
  patchNode(world, name, { metadata: { annotations } })
}

function patchNode(world: World, name: string, body: object): void {
  doIt(world, () => world.admin.patch(nodes, { name }, { type: 'merge', body }))
}

function podOn(world: World, node: string): string {
  const there = [...world.judge.truth.pods.values()].filter(({ goneMs }) => goneMs === undefined)
  return there.find(({ object }) => object.spec.nodeName === node)?.object.metadata.name ?? 'none'
}
