// Who holds which roles: the bindings of the store, found by the user's name and groups, so that a decision costs what
// the user holds and not what the cluster has. Follows the store write by write.
// Upstream: pkg/registry/rbac/validation/rule.go, DefaultRuleResolver.VisitRulesFor (which looks at every binding).

import { type PolicyRule, type Role, type RoleBinding, type RoleRef, rbacGroup, type Subject } from '../../api/rbac.ts'
import { clusterRoleBindings, clusterRoles, type Resource, roleBindings, roles } from '../../api/resources.ts'
import type { ApiObject } from '../../api/types.ts'
import type { User } from '../../api/wire.ts'
import { assert } from '../../base/assert.ts'
import type { Store } from '../../store/store.ts'
import { parseStored, storeKey } from '../stored.ts'
import { accountUserName } from './groups.ts'

/** A role given to one subject. */
export interface Grant {
  /** The kind of the binding, and where it lies; undefined: it holds for the whole cluster. */
  readonly binding: 'RoleBinding' | 'ClusterRoleBinding'
  readonly namespace: string | undefined
  readonly name: string
  readonly roleRef: RoleRef
  readonly subject: Subject
}

export class Grants {
  readonly #roles = new Map<string, readonly PolicyRule[]>()
  readonly #clusterRoles = new Map<string, readonly PolicyRule[]>()
  readonly #clusterWide = new Holders()
  readonly #byNamespace = new Map<string, Holders>()
  readonly #unsubscribe: readonly (() => void)[]

  constructor(store: Pick<Store, 'list' | 'subscribe'>) {
    const follow = (resource: Resource, learn: (key: string, object: ApiObject | undefined) => void) => {
      const listing = store.list(resource.collection)
      assert(listing !== 'compacted', `list ${resource.plural}: the present is never compacted`)
      for (const { key, bytes } of listing.records) learn(key, parseStored(bytes))
      return store.subscribe(resource.collection, ({ type, record }) => {
        learn(record.key, type === 'deleted' ? undefined : parseStored(record.bytes))
      })
    }
    const learnRole = (known: Map<string, readonly PolicyRule[]>) => (key: string, role: Role | undefined) => {
      if (role === undefined) known.delete(key)
      else known.set(key, role.rules ?? [])
    }
    this.#unsubscribe = [
      follow(roles, learnRole(this.#roles)),
      follow(clusterRoles, learnRole(this.#clusterRoles)),
      follow(roleBindings, (key, binding) => this.#learnNamespaced(key, binding as RoleBinding | undefined)),
      follow(clusterRoleBindings, (key, binding) => {
        this.#clusterWide.set(key, binding === undefined ? [] : grantsOf(binding as RoleBinding, undefined))
      }),
    ]
  }

  /** The first grant `accept` likes: the cluster-wide ones, then those in the namespace. */
  find(
    user: User,
    namespace: string | undefined,
    accept: (grant: Grant, rules: readonly PolicyRule[] | undefined) => boolean,
  ): Grant | undefined {
    const test = (grant: Grant) => accept(grant, this.rulesOf(grant.roleRef, grant.namespace))
    const found = this.#clusterWide.find(user, test)
    if (found !== undefined || namespace === undefined) return found
    return this.#byNamespace.get(namespace)?.find(user, test)
  }

  /** Everything a user may do in a namespace, or cluster-wide. */
  rulesFor(user: User, namespace: string | undefined): readonly PolicyRule[] {
    const held: PolicyRule[] = []
    this.find(user, namespace, (_grant, rules = []) => {
      held.push(...rules)
      return false
    })
    return held
  }

  /** Undefined: no such role. */
  rulesOf({ kind, name }: Pick<RoleRef, 'kind' | 'name'>, namespace: string | undefined) {
    if (kind === 'ClusterRole') return this.#clusterRoles.get(name)
    return namespace === undefined ? undefined : this.#roles.get(storeKey(namespace, name))
  }

  close(): void {
    for (const stop of this.#unsubscribe) stop()
  }

  #learnNamespaced(key: string, binding: RoleBinding | undefined): void {
    const namespace = key.slice(0, key.indexOf('/'))
    let holders = this.#byNamespace.get(namespace)
    if (holders === undefined) {
      holders = new Holders()
      this.#byNamespace.set(namespace, holders)
    }
    holders.set(key, binding === undefined ? [] : grantsOf(binding, namespace))
    if (holders.isEmpty) this.#byNamespace.delete(namespace)
  }
}

/** `RoleBinding "b/ns" of Role "r" to User "u"`, as upstream says why something is allowed. */
export function grantText({ binding, namespace, name, roleRef, subject }: Grant): string {
  const at = namespace === undefined ? name : `${name}/${namespace}`
  const who =
    subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace || (namespace ?? '')}` : subject.name
  return `${binding} "${at}" of ${roleRef.kind} "${roleRef.name}" to ${subject.kind} "${who}"`
}

/** `clusterrole.rbac.authorization.k8s.io "x" not found`, in the words of upstream's cache. */
export function missingRoleText({ roleRef: { kind, name } }: Grant): string {
  return `${kind.toLowerCase()}.${rbacGroup} "${name}" not found`
}

function grantsOf(binding: RoleBinding, namespace: string | undefined): Grant[] {
  const { metadata, roleRef, subjects = [] } = binding
  const kind = namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding'
  return subjects.map((subject) => ({ binding: kind, namespace, name: metadata.name ?? '', roleRef, subject }))
}

/** The grants of one scope by who holds them. */
class Holders {
  readonly #byUser = new Map<string, Set<Grant>>()
  readonly #byGroup = new Map<string, Set<Grant>>()
  readonly #byBinding = new Map<string, readonly Grant[]>()

  get isEmpty(): boolean {
    return this.#byBinding.size === 0
  }

  /** In place of what the binding gave before. */
  set(key: string, grants: readonly Grant[]): void {
    for (const grant of this.#byBinding.get(key) ?? []) {
      const [holders, holder] = this.#placeOf(grant)
      const held = holders.get(holder)
      held?.delete(grant)
      if (held?.size === 0) holders.delete(holder)
    }
    if (grants.length === 0) this.#byBinding.delete(key)
    else this.#byBinding.set(key, grants)
    for (const grant of grants) {
      const [holders, holder] = this.#placeOf(grant)
      const held = holders.get(holder)
      if (held === undefined) holders.set(holder, new Set([grant]))
      else held.add(grant)
    }
  }

  find(user: User, test: (grant: Grant) => boolean): Grant | undefined {
    const own = first(this.#byUser.get(user.name), test)
    if (own !== undefined) return own
    for (const group of user.groups) {
      const found = first(this.#byGroup.get(group), test)
      if (found !== undefined) return found
    }
    return undefined
  }

  #placeOf({ subject, namespace }: Grant): [holders: Map<string, Set<Grant>>, holder: string] {
    switch (subject.kind) {
      case 'Group':
        return [this.#byGroup, subject.name]
      case 'ServiceAccount':
        return [this.#byUser, accountUserName(subject.namespace || (namespace ?? ''), subject.name)]
      default:
        return [this.#byUser, subject.name]
    }
  }
}

function first(grants: Iterable<Grant> = [], test: (grant: Grant) => boolean): Grant | undefined {
  for (const grant of grants) if (test(grant)) return grant
  return undefined
}
