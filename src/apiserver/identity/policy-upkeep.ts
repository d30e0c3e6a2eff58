// Brings the default roles and bindings into a store: makes those that are not there and puts back what is missing of
// the others, unless they say that they are not to be touched. What somebody has added stays.
// Upstream: pkg/registry/rbac/reconciliation, started by pkg/registry/rbac/rest/storage_rbac.go.

import { aggregatedRules } from '../../api/cluster-role-aggregation.ts'
import type { ClusterRole, RoleBinding, Subject } from '../../api/rbac.ts'
import type { ApiObject } from '../../api/types.ts'
import { jsonEqual } from '../../base/json.ts'
import { missingParts } from './policy-rules.ts'

const autoupdate = 'rbac.authorization.kubernetes.io/autoupdate'

/** The role as it should be stored; undefined when it is well as it is. `found` is what is stored. */
export function upkeptRole(wanted: ClusterRole, found: ClusterRole | undefined): ClusterRole | undefined {
  if (found === undefined) return wanted
  if (isLeftAlone(found)) return undefined
  const rules = found.rules ?? []
  const role: ClusterRole = {
    ...withMeta(found, wanted),
    // What is gathered from other roles is the gatherer's business.
    rules: wanted.aggregationRule === undefined ? [...rules, ...missingParts(rules, wanted.rules ?? [])] : rules,
  }
  const selectors = [...(found.aggregationRule?.clusterRoleSelectors ?? [])]
  for (const selector of wanted.aggregationRule?.clusterRoleSelectors ?? []) {
    if (!selectors.some((known) => jsonEqual(known, selector))) selectors.push(selector)
  }
  if (selectors.length > 0) role.aggregationRule = { clusterRoleSelectors: selectors }
  return jsonEqual(role, { ...found, rules }) ? undefined : role
}

/** A binding to another role than it should be is made anew, as a role reference cannot change. */
export function upkeptBinding(
  wanted: RoleBinding,
  found: RoleBinding | undefined,
): { readonly binding: RoleBinding; readonly replaces: boolean } | undefined {
  if (found === undefined) return { binding: wanted, replaces: false }
  if (isLeftAlone(found)) return undefined
  if (!jsonEqual(found.roleRef, wanted.roleRef)) return { binding: wanted, replaces: true }
  const subjects = found.subjects ?? []
  const missing = (wanted.subjects ?? []).filter((subject) => !subjects.some((known) => isSame(known, subject)))
  const binding: RoleBinding = { ...withMeta(found, wanted), subjects: [...subjects, ...missing] }
  return jsonEqual(binding, { ...found, subjects }) ? undefined : { binding, replaces: false }
}

/** The default roles with what they gather from each other, so that they are whole before any controller runs. */
export function gathered(roles: readonly ClusterRole[]): ClusterRole[] {
  let before = [...roles]
  // A role may gather from one that gathers itself.
  for (;;) {
    const after = before.map((role) => ({ ...role, rules: aggregatedRules(role, before) ?? role.rules ?? [] }))
    if (jsonEqual(after, before)) return after
    before = after
  }
}

function isLeftAlone({ metadata }: ApiObject): boolean {
  return metadata.annotations?.[autoupdate] !== 'true'
}

function withMeta<T extends ApiObject>(found: T, { metadata: wanted }: ApiObject): T {
  const { metadata } = found
  return {
    ...found,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...wanted.labels },
      annotations: { ...metadata.annotations, ...wanted.annotations },
    },
  }
}

function isSame(a: Subject, b: Subject): boolean {
  return a.kind === b.kind && a.name === b.name && (a.namespace ?? '') === (b.namespace ?? '')
}
