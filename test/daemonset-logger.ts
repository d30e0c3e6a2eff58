// What many tests of the DaemonSet controller begin with: a cluster in which the one DaemonSet runs, and ways to look at it.

import type { ControllerRevision, DaemonSetSpec, ObjectMeta, Pod } from '../src/api/types.ts'
import { type Log, silentLog } from '../src/base/log.ts'
import { type DaemonSetCluster, daemonSet, loggerOf } from './daemonset-cluster.ts'

/** So many nodes, a controller, and version 1 on each of them. */
export async function running(
  cluster: DaemonSetCluster,
  count: number,
  spec: Partial<DaemonSetSpec> = {},
): Promise<void> {
  await cluster.addNodes(count)
  await cluster.start()
  await loggerOf(cluster).create(daemonSet('logger:1', spec))
  await cluster.pass(20_000)
}

export const surgeOfOne = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }

export function at({ metadata }: { readonly metadata: ObjectMeta }) {
  return { namespace: 'default', name: metadata.name ?? '' }
}

export function hashOf(object: Pod | ControllerRevision | undefined): string | undefined {
  return object?.metadata.labels?.['controller-revision-hash']
}

/** What the controller complains of. */
export function listening(): { readonly log: Log; readonly heard: string[] } {
  const heard: string[] = []
  const log: Log = { ...silentLog, warn: (_event, fields) => heard.push(String(fields?.error)), child: () => log }
  return { log, heard }
}
