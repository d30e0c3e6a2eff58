// The words a person types for a resource, and the words we print: `ds`, `daemonset.apps`, `ds/fluentd`.
// Upstream: cli-runtime/pkg/resource/builder.go.

import { qualifiedName, type Resource, resources } from '../api/resources.ts'
import { CommandError } from './command-error.ts'

/** `ds`, `daemonset`, `DaemonSets`, `daemonsets.apps`, `daemonsets.v1.apps`. */
export function resourceNamed(word: string): Resource {
  const [name = '', ...rest] = word.toLowerCase().split('.')
  const found = resources.find((resource) => {
    const { group, version, plural, singular, shortNames, verbs } = resource
    if (!verbs.includes('get')) return false
    if (name !== plural && name !== singular && !shortNames.includes(name)) return false
    const place = rest.join('.')
    return place === '' || place === group || place === `${version}.${group}`
  })
  if (found === undefined) throw new CommandError(`the server doesn't have a resource type "${word}"`)
  return found
}

/** `ds,po`, `all`. */
export function resourcesNamed(words: string): Resource[] {
  return words.split(',').flatMap((word) => {
    const category = resources.filter(({ categories }) => categories.includes(word))
    return category.length > 0 ? category : [resourceNamed(word)]
  })
}

export interface Target {
  readonly resource: Resource
  readonly name: string
}

/** `ds/a pod/b`, or `ds a b`: one form for all of them. Undefined names: every object of these resources. */
export function targetsOf(args: readonly string[]): { resources: Resource[]; targets: Target[] } {
  const [first = '', ...names] = args
  if (args.some((arg) => arg.includes('/'))) {
    const targets = args.map((arg) => targetOf(arg))
    return { resources: [...new Set(targets.map(({ resource }) => resource))], targets }
  }
  const named = resourcesNamed(first)
  return { resources: named, targets: named.flatMap((resource) => names.map((name) => ({ resource, name }))) }
}

/** In kubectl's words: the bracket is theirs. */
const needless =
  'there is no need to specify a resource type as a separate argument when passing arguments in resource/name form ' +
  "(e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'"

function targetOf(arg: string): Target {
  const [type = '', name, ...more] = arg.split('/')
  if (name === undefined) throw new CommandError(needless)
  if (more.length > 0) throw new CommandError('arguments in resource/name form may not have more than one slash')
  if (type === '' || name === '') {
    throw new CommandError('arguments in resource/name form must have a single resource and name')
  }
  return { resource: resourceNamed(type), name }
}

/** `daemonset.apps/fluentd`: how commands name an object. */
export function objectName(resource: Resource, name: string): string {
  return `${kindName(resource)}/${name}`
}

/** `daemonset.apps`, `pod`. */
export function kindName(resource: Resource): string {
  return qualifiedName({ group: resource.group, plural: resource.singular })
}
