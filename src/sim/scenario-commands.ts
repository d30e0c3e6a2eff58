// What a scenario can command: a pattern, and what is done. The patterns are the documentation.

import { daemonSets, nodes, pods } from '../api/resources.ts'
import type { DaemonSet } from '../api/types.ts'
import { annotationPrefix, nodeNamed, perform } from './script.ts'
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
  dies: {
    pattern: /^(server|controllers|nodes) dies?$/,
    act: (world, [name]) => world.kill(String(name), 'by command'),
  },
}

function doIt(world: World, act: () => Promise<unknown>): void {
  perform(world, { what: 'as commanded', act })
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
