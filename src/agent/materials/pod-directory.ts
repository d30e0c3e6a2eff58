// Where the agent keeps what it makes for one pod. The names are kubelet's, so that whoever knows its directories finds
// the way. Upstream: pkg/kubelet/kubelet_getters.go.

import { join } from 'node:path'
import { assert } from '../../base/assert.ts'
import type { NodePlace } from '../materials.ts'
import type { VolumeKind } from './volume-sources.ts'

export function podsDirectory({ state }: NodePlace): string {
  return join(state, 'pods')
}

export function podDirectory(place: NodePlace, podUid: string): string {
  return join(podsDirectory(place), oneName(podUid, 'uid of a pod'))
}

const plugins: Readonly<Record<Exclude<VolumeKind, 'hostPath'>, string>> = {
  emptyDir: 'kubernetes.io~empty-dir',
  configMap: 'kubernetes.io~configmap',
  secret: 'kubernetes.io~secret',
  downwardAPI: 'kubernetes.io~downward-api',
  projected: 'kubernetes.io~projected',
}

export function volumeDirectory(place: NodePlace, podUid: string, kind: keyof typeof plugins, name: string): string {
  return join(podDirectory(place, podUid), 'volumes', plugins[kind], oneName(name, 'name of a volume'))
}

/** The server has validated it; a path of ours is not made of anything else. */
function oneName(text: string, what: string): string {
  assert(/^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?$/.test(text), `the ${what} is ${JSON.stringify(text)}: not one name`)
  return text
}
