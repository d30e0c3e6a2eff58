// What a machine is short of. The thresholds are a kubelet's own; a shortage that has gone is believed only after a
// while, so that a node at the edge does not flap. Upstream: pkg/kubelet/eviction, DefaultEvictionHard.

import type { Pressure } from '../node-status.ts'
import type { Readings } from './readings.ts'

export const evictionThresholds = {
  memoryAvailableKiB: 100 * 1024,
  /** Parts of the whole. */
  diskAvailable: 0.1,
  inodesFree: 0.05,
  /** Upstream has none by default, and says PIDPressure only where somebody has set one. */
  pidsAvailable: 0.02,
} as const

/** Upstream: evictionPressureTransitionPeriod. */
export const pressureMs = 5 * 60_000

/** When each shortage was last seen. */
export type LastSeen = Readonly<Partial<Record<Pressure, number>>>

export function observePressure(readings: Readings, before: LastSeen, nowMs: number): LastSeen {
  const seen: Partial<Record<Pressure, number>> = { ...before }
  for (const [pressure, isShort] of shortages) if (isShort(readings)) seen[pressure] = nowMs
  return seen
}

export function pressuresOf(lastSeen: LastSeen, nowMs: number): readonly Pressure[] {
  return shortages
    .map(([pressure]) => pressure)
    .filter((pressure) => {
      const seenMs = lastSeen[pressure]
      return seenMs !== undefined && nowMs - seenMs < pressureMs
    })
}

/** What cannot be read is not short. */
const shortages: readonly (readonly [Pressure, (readings: Readings) => boolean])[] = [
  ['MemoryPressure', ({ memoryAvailableKiB }) => memoryAvailableKiB < evictionThresholds.memoryAvailableKiB],
  [
    'DiskPressure',
    ({ diskBytes, diskAvailableBytes, inodes, inodesFree }) =>
      isBelow(evictionThresholds.diskAvailable, diskAvailableBytes, diskBytes) ||
      isBelow(evictionThresholds.inodesFree, inodesFree, inodes),
  ],
  ['PIDPressure', ({ pids, maxPids }) => isBelow(evictionThresholds.pidsAvailable, maxPids - pids, maxPids)],
]

function isBelow(part: number, left: number, whole: number): boolean {
  return whole > 0 && left < whole * part
}
