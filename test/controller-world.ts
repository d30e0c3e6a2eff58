// A world for one controller: the API server, the clock, and a record of what the controller wrote.

import { configMaps } from '../src/api/resources.ts'
import type { ApiObject, OwnerReference } from '../src/api/types.ts'
import type { User } from '../src/api/wire.ts'
import { silentLog } from '../src/base/log.ts'
import { seededRandom } from '../src/base/random.ts'
import type { Running } from '../src/base/running.ts'
import { createClient } from '../src/client/client.ts'
import type { ControllerOptions } from '../src/controller/controller.ts'
import { pass } from './agent-world.ts'
import { apiserverWorld, type World } from './world.ts'

export interface ControllerWorld extends World {
  /** `PATCH /api/v1/namespaces/default/pods/p {"metadata":…}`, in order. */
  readonly written: string[]
  start(start: (options: ControllerOptions) => Running): Running
  pass(ms: number): Promise<void>
  /** Stops what was started; whatever failed inside the server is told. */
  close(): Promise<void>
  /** A small object that owns or is owned. */
  addMap(name: string, more?: Partial<ApiObject['metadata']>): Promise<ApiObject>
}

const controller: User = { name: 'system:controller:test', groups: ['system:controllers', 'system:authenticated'] }

export async function controllerWorld(): Promise<ControllerWorld> {
  const world = await apiserverWorld()
  const written: string[] = []
  const running: Running[] = []
  const client = createClient({
    user: controller,
    userAgent: 'controller/1',
    send: (request) => {
      if (request.method !== 'GET') {
        const body = Buffer.from(request.body).toString('utf8')
        written.push(`${request.method} ${request.path}${body === '' ? '' : ` ${body}`}`)
      }
      return world.server.handle(request)
    },
  })
  return {
    ...world,
    written,
    start(start) {
      const started = start({ client, clock: world.clock, random: seededRandom(4), log: silentLog })
      running.push(started)
      return started
    },
    pass: (ms) => pass(world, ms),
    async close() {
      await Promise.all(running.map((one) => one.stop()))
      world.server.close()
      if (world.errors.length > 0) throw new Error(`the server failed: ${JSON.stringify(world.errors)}`)
    },
    addMap: (name, more = {}) =>
      world.client.create(configMaps, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace: 'default', ...more },
      }),
  }
}

export function ownedBy(owner: ApiObject, more: Partial<OwnerReference> = {}): { ownerReferences: OwnerReference[] } {
  const { apiVersion = 'v1', kind = 'ConfigMap', metadata } = owner
  return { ownerReferences: [{ apiVersion, kind, name: metadata.name ?? '', uid: metadata.uid ?? '', ...more }] }
}
