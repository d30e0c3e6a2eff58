// One informer a resource, shared by all who follow it in this process: an event is parsed once and kept once.
// Upstream: client-go/informers, SharedInformerFactory.

import { qualifiedName, type Resource } from '../api/resources.ts'
import type { ApiObject } from '../api/types.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Indexes } from './cache.ts'
import type { Client } from './client.ts'
import { createInformer, type Informer } from './informer.ts'

export interface Informers {
  /**
   * The informer of this resource, with at least these indexes; it starts when it is first asked for. What it keeps of an
   * object is what the first to ask says: all who share it must be able to live with that.
   */
  of<T extends ApiObject>(resource: Resource, indexes?: Indexes<T>, trim?: (object: T) => T): Informer<T>
  stop(): void
}

export interface InformersOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log?: Log
  /** Drops what nobody here reads of any object, before it is kept. */
  readonly trim?: <T extends ApiObject>(object: T) => T
}

export function createInformers(options: InformersOptions): Informers {
  const informers = new Map<string, Informer<ApiObject>>()
  const stops: (() => void)[] = []
  return {
    of<T extends ApiObject>(resource: Resource, indexes: Indexes<T> = {}, trim?: (object: T) => T) {
      const name = `${resource.version} ${qualifiedName(resource)}`
      let informer = informers.get(name) as Informer<T> | undefined
      if (informer === undefined) {
        informer = createInformer<T>({ ...options, resource, indexes, ...(trim === undefined ? {} : { trim }) })
        informers.set(name, informer as unknown as Informer<ApiObject>)
        stops.push(informer.start())
      } else {
        informer.addIndexes(indexes)
      }
      return informer
    },
    stop() {
      for (const stop of stops.splice(0)) stop()
    },
  }
}
