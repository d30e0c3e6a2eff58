// What every cluster has from its first moment: the namespaces its own parts live in (W11.12).
// Upstream: pkg/controlplane/controller/systemnamespaces.

import { namespaces } from '../api/resources.ts'
import { reasonOf } from '../api/status.ts'
import type { User } from '../api/wire.ts'
import type { Call, Parts } from './parts.ts'
import { createObject } from './verbs/create.ts'

export const systemNamespaces: readonly string[] = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

const self: User = { name: 'system:apiserver', groups: ['system:masters'] }

/** Resolves when they are stored. They are decided at once: a write that comes next finds its namespace. */
export async function bootstrap(parts: Parts): Promise<void> {
  await Promise.all(systemNamespaces.map((name) => ensureNamespace(parts, name)))
}

async function ensureNamespace(parts: Parts, name: string): Promise<void> {
  if (parts.store.head(namespaces.collection, name) !== undefined) return
  const object = { metadata: { name } }
  try {
    await createObject(parts, selfCall, object, { dryRun: false })
  } catch (error) {
    if (reasonOf(error) !== 'AlreadyExists') throw error
  }
}

const selfCall: Call = {
  request: {
    method: 'POST',
    path: '/api/v1/namespaces',
    query: new URLSearchParams(),
    headers: {},
    body: new Uint8Array(),
    user: self,
  },
  user: self,
  target: { resource: namespaces, namespace: undefined, name: undefined, subresource: undefined },
  presentation: { as: 'object', format: 'json', pretty: false },
}
