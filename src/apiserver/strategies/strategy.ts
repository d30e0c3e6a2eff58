// What a kind decides for itself when it is created, changed and deleted: a strategy, one a collection. Everything not
// said here is the same for all kinds. Upstream: pkg/registry/*/*/strategy.go.

import type { Resource } from '../../api/resources.ts'
import type { ApiObject } from '../../api/types.ts'
import type { Parts } from '../parts.ts'
import { storageOf } from '../stored.ts'
import { budgetStrategy } from './budgets.ts'
import { certificateRequestStrategy } from './certificate-requests.ts'
import { daemonSetStrategy } from './daemonsets.ts'
import { namespaceStrategy } from './namespaces.ts'
import { podStrategy } from './pods.ts'
import { serviceStrategy } from './services.ts'

export interface Strategy {
  /** Sets what the server decides about a new object; it is ours to change. */
  readonly prepareCreate?: (object: ApiObject, parts: Parts) => void
  /** The same for a change through the main endpoint, after the rules that hold for every kind. */
  readonly prepareUpdate?: (object: ApiObject, old: ApiObject, parts: Parts) => void
  /** The same for a change through `/status`, or another subresource that changes the status (`/approval`). */
  readonly prepareStatus?: (object: ApiObject, old: ApiObject, parts: Parts, through: string) => void
  /** What is allowed and doubtful in a new object, or in what a change through the main endpoint leads to (R1.11). */
  readonly warnings?: (object: ApiObject, old: ApiObject | undefined) => readonly string[]
  /** A PUT of an absent object creates it (W9.5). */
  readonly createdByPut?: true
  /** A PUT must say which version it replaces (W9.5). */
  readonly needsResourceVersion?: true
  /** A DELETE answers with the object even when it is gone (W11.2). */
  readonly returnsDeleted?: true
  /** The status a client sends with a create is kept: a node registers itself with what it is. */
  readonly keepsStatus?: true
  /** How long the object may take to go, given what was asked for; without it a delete takes effect at once (W11.8). */
  readonly gracePeriodSeconds?: (object: ApiObject, asked: number | undefined) => number
  /** False while something else than metadata.finalizers holds the object (spec.finalizers of a namespace). */
  readonly mayGo?: (object: ApiObject) => boolean
}

const strategies: Readonly<Record<string, Strategy>> = {
  'apps/daemonsets': daemonSetStrategy,
  namespaces: namespaceStrategy,
  pods: podStrategy,
  services: serviceStrategy,
  serviceaccounts: { returnsDeleted: true },
  nodes: { keepsStatus: true },
  events: { createdByPut: true },
  'policy/poddisruptionbudgets': budgetStrategy,
  'certificates.k8s.io/certificatesigningrequests': certificateRequestStrategy,
  'coordination.k8s.io/leases': { createdByPut: true, needsResourceVersion: true },
}

const plain: Strategy = {}

export function strategyOf(resource: Resource): Strategy {
  return strategies[storageOf(resource).collection] ?? plain
}

export function hasStatus(resource: Resource): boolean {
  return resource.subresources.some(({ name }) => name === 'status')
}
