// A directory that lives as long as its pod: on the node's disk, or in memory where we may mount.
// Upstream: pkg/volume/emptydir/empty_dir.go.

import { chmod, mkdir } from 'node:fs/promises'
import { amountsOf } from '../../api/pod-requests.ts'
import { milliValue } from '../../api/quantity.ts'
import type { Pod } from '../../api/types.ts'
import type { Log } from '../../base/log.ts'
import type { Allocatable } from './field-values.ts'
import { mountsBelow, mountTmpfs } from './mount-table.ts'
import { messageOf } from './objects.ts'
import { giveToGroup } from './ownership.ts'
import type { Volume } from './volume-sources.ts'

interface EmptyDirFacts {
  readonly allocatable: Allocatable
  readonly mayMount?: boolean | undefined
  readonly fsGroup: number | undefined
  readonly log: Log
}

export async function setUpEmptyDir(directory: string, volume: Volume, pod: Pod, facts: EmptyDirFacts): Promise<void> {
  const { medium = '', sizeLimit } = volume.emptyDir ?? {}
  if (medium !== '' && medium !== 'Memory') throw new Error(`storage medium ${medium} is not supported by this node`)
  const isNew = (await mkdir(directory, { recursive: true })) !== undefined
  if (medium === 'Memory' && facts.mayMount === true && (await mountsBelow(directory)).length === 0) {
    try {
      await mountTmpfs(directory, sizeOf(sizeLimit, pod, facts.allocatable))
      if (facts.fsGroup !== undefined) await giveToGroup(directory, facts.fsGroup)
      return
    } catch (error) {
      facts.log.warn('emptyDir on disk instead of in memory', { volume: volume.name, error: messageOf(error) })
    }
  }
  // Whatever user a container has, it may write here; who may come here at all says the directory above.
  if (isNew) {
    await chmod(directory, 0o777)
    if (facts.fsGroup !== undefined) await giveToGroup(directory, facts.fsGroup)
  }
}

/** The volume's own limit, else what its pod may use, else what the node has. Upstream: calculateEmptyDirMemorySize. */
function sizeOf(sizeLimit: string | undefined, pod: Pod, allocatable: Allocatable): bigint | undefined {
  const limits = pod.spec.containers.map(({ resources }) => amountsOf(resources?.limits).get('memory'))
  const ofPod = limits.every((limit) => limit !== undefined)
    ? limits.reduce((sum, limit) => sum + limit!, 0n)
    : undefined
  const ofVolume = sizeLimit === undefined ? undefined : milliValue(String(sizeLimit))
  const candidates = [ofVolume, ofPod, amountsOf(allocatable).get('memory')].filter(
    (amount) => amount !== undefined && amount > 0n,
  ) as bigint[]
  if (candidates.length === 0) return undefined
  return candidates.reduce((least, amount) => (amount < least ? amount : least)) / 1000n
}
