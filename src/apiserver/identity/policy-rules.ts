// Does a rule of a role allow a request, and do the rules somebody holds cover those he would give away?
// Upstream: pkg/apis/rbac/v1/evaluation_helpers.go, component-helpers/auth/rbac/validation/policy_comparator.go and
// pkg/registry/rbac/validation/rule.go, policy_compact.go.

import type { PolicyRule } from '../../api/rbac.ts'
import { sortedBy } from '../../base/sorted.ts'
import type { RequestAttributes } from './authorize.ts'

export function ruleAllows(rule: PolicyRule, attributes: RequestAttributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false
  if (attributes.kind === 'path') return (rule.nonResourceURLs ?? []).some((url) => pathMatches(url, attributes.path))
  const { group, plural, subresource, name } = attributes
  if (!has(rule.apiGroups, group) || !resourceMatches(rule.resources, plural, subresource)) return false
  const { resourceNames = [] } = rule
  return resourceNames.length === 0 || (name !== undefined && resourceNames.includes(name))
}

export function pathMatches(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern
}

/** What of `rules` nobody who holds `held` may do, as sorted texts; empty: all of it is held. */
export function missingRights(held: readonly PolicyRule[], rules: readonly PolicyRule[]): string[] {
  return sortedBy(new Set(missingParts(held, rules).map(ruleText)), (text) => text)
}

/** The same as rules. */
export function missingParts(held: readonly PolicyRule[], rules: readonly PolicyRule[]): PolicyRule[] {
  return compacted(rules.flatMap(broken).filter((part) => !held.some((rule) => covers(rule, part))))
}

function resourceMatches(resources: readonly string[] = [], plural: string, subresource: string | undefined): boolean {
  if (subresource === undefined) return has(resources, plural)
  return has(resources, `${plural}/${subresource}`) || resources.includes(`*/${subresource}`)
}

function has(list: readonly string[] | undefined, word: string): boolean {
  return list !== undefined && (list.includes('*') || list.includes(word))
}

/** A rule in parts of one verb on one resource of one name. */
function broken({
  verbs,
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
}: PolicyRule): PolicyRule[] {
  const named: { resourceNames?: string[] }[] =
    resourceNames.length === 0 ? [{}] : resourceNames.map((name) => ({ resourceNames: [name] }))
  return [
    ...apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.flatMap((verb) =>
          named.map((names) => ({ verbs: [verb], apiGroups: [group], resources: [resource], ...names })),
        ),
      ),
    ),
    ...nonResourceURLs.flatMap((url) => verbs.map((verb) => ({ verbs: [verb], nonResourceURLs: [url] }))),
  ]
}

function covers(rule: PolicyRule, part: PolicyRule): boolean {
  if (!hasAll(rule.verbs, part.verbs)) return false
  const [url] = part.nonResourceURLs ?? []
  if (url !== undefined) return (rule.nonResourceURLs ?? []).some((pattern) => urlCovers(pattern, url))
  if (!hasAll(rule.apiGroups, part.apiGroups ?? [])) return false
  const [resource = ''] = part.resources ?? []
  const slash = resource.indexOf('/')
  const anyOf = slash < 0 ? undefined : `*${resource.slice(slash)}`
  if (!has(rule.resources, resource) && !(anyOf !== undefined && rule.resources?.includes(anyOf))) return false
  const { resourceNames = [] } = rule
  return resourceNames.length === 0 || (part.resourceNames ?? ['']).every((name) => resourceNames.includes(name))
}

function hasAll(list: readonly string[] | undefined, words: readonly string[]): boolean {
  return words.every((word) => has(list, word))
}

/** A pattern covers a path, and every pattern that is narrower. */
function urlCovers(pattern: string, url: string): boolean {
  return pattern === '*' || pattern === url || (pattern.endsWith('*') && url.startsWith(pattern.slice(0, -1)))
}

/** Parts that differ only in their verb, put together again. */
function compacted(parts: readonly PolicyRule[]): PolicyRule[] {
  const byResource = new Map<string, PolicyRule>()
  const others: PolicyRule[] = []
  for (const part of parts) {
    if (part.nonResourceURLs !== undefined) {
      others.push(part)
      continue
    }
    const key = JSON.stringify([part.apiGroups, part.resources, part.resourceNames])
    const known = byResource.get(key)
    if (known === undefined) byResource.set(key, { ...part, verbs: [...part.verbs] })
    else if (!known.verbs.includes(part.verbs[0]!)) known.verbs.push(part.verbs[0]!)
  }
  return [...others, ...byResource.values()]
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}` */
function ruleText({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: PolicyRule): string {
  const fields: [string, readonly string[] | undefined][] = [
    ['APIGroups', apiGroups],
    ['Resources', resources],
    ['NonResourceURLs', nonResourceURLs],
    ['ResourceNames', resourceNames],
    ['Verbs', verbs],
  ]
  const parts = fields.flatMap(([name, words = []]) => (words.length === 0 ? [] : [`${name}:${quotedList(words)}`]))
  return `{${parts.join(', ')}}`
}

/** As Go's `%q` prints a list: `["a" "b"]`. */
export function quotedList(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(' ')}]`
}
