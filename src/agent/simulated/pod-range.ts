// The addresses of one simulated node: its own, and the range its pods get theirs from. Node number n has
// 172.16.0.0/12 + n + 1 for itself and the n-th /24 of 10.0.0.0/8 for its pods.

import { assert } from '../../base/assert.ts'

export const addressLimits = {
  /** /24 ranges in 10.0.0.0/8. Beyond it ranges are used again: simulated addresses lead nowhere anyway. */
  nodes: 65_536,
  podsPerNode: 253,
} as const

export interface NodeAddresses {
  readonly hostIP: string
  /** `10.0.7.0/24`. */
  readonly podCIDR: string
}

export function addressesOf(number: number): NodeAddresses {
  assert(Number.isInteger(number) && number >= 0, `addresses of node ${number}: the number is a whole one from 0 up`)
  const n = number % addressLimits.nodes
  const host = n + 1
  return {
    hostIP: `172.${16 + ((host >> 16) & 0x0f)}.${(host >> 8) & 0xff}.${host & 0xff}`,
    podCIDR: `10.${n >> 8}.${n & 0xff}.0/24`,
  }
}

/** The number of the node that has this address; undefined for an address that is none of ours. */
export function numberOf(hostIP: string | undefined): number | undefined {
  const [a = 0, b = 0, c = 0, d = 0] = (hostIP ?? '').split('.').map(Number)
  const n = ((b - 16) << 16) + (c << 8) + d - 1
  return a === 172 && n >= 0 && addressesOf(n).hostIP === hostIP ? n : undefined
}

/** Hands out the addresses of one range, each to one pod at a time. */
export class PodRange {
  readonly #prefix: string
  readonly #taken = new Set<number>()
  #last = 1

  constructor(podCIDR: string) {
    this.#prefix = podCIDR.slice(0, podCIDR.lastIndexOf('.') + 1)
  }

  /** The next free address, the longest unused first; undefined when there is none. */
  next(): string | undefined {
    if (this.#taken.size >= addressLimits.podsPerNode) return undefined
    do this.#last = this.#last >= addressLimits.podsPerNode + 1 ? 2 : this.#last + 1
    while (this.#taken.has(this.#last))
    this.#taken.add(this.#last)
    return `${this.#prefix}${this.#last}`
  }

  /** A pod has this address already. One of another range (the node's own) is not counted. */
  take(address: string): void {
    const host = this.#hostOf(address)
    if (host !== undefined) this.#taken.add(host)
  }

  release(address: string): void {
    const host = this.#hostOf(address)
    if (host !== undefined) this.#taken.delete(host)
  }

  #hostOf(address: string): number | undefined {
    return address.startsWith(this.#prefix) ? Number(address.slice(this.#prefix.length)) : undefined
  }
}
