// Field selectors: `spec.nodeName=node-1,status.phase!=Failed` (W8.5). Which fields a kind can be selected by is a
// table. Upstream: apimachinery/pkg/fields/selector.go, and AddFieldLabelConversionsFor… with …ToSelectableFields.

import { storedEventPath } from './event-conversion.ts'
import { eventsV1, type Resource } from './resources.ts'
import { badRequestError } from './status.ts'
import type { ApiObject } from './types.ts'

export interface FieldRequirement {
  readonly path: string
  readonly operator: '=' | '!='
  readonly value: string
}

/** All must hold; none: everything matches. */
export type FieldRequirements = readonly FieldRequirement[]

type ResourceName = Pick<Resource, 'group' | 'version' | 'plural'>

/** Throws ApiError 400 for a text that is no selector, and for a field that this resource cannot be selected by. */
export function parseFieldSelector(resource: ResourceName, text: string): FieldRequirements {
  const requirements = splitTerms(text)
    .filter((term) => term !== '')
    .map((term) => parseTerm(text, term))
  return requirements.map((requirement) => {
    const path = storedPath(resource, requirement.path)
    if (path === undefined || valueReader(resource, path) === undefined) {
      throw unknownField(resource, requirement.path)
    }
    return { ...requirement, path }
  })
}

export function matchesFields(resource: ResourceName, requirements: FieldRequirements, object: ApiObject): boolean {
  return requirements.every(({ path, operator, value }) => {
    const found = valueReader(resource, path)?.(object) ?? ''
    return operator === '=' ? found === value : found !== value
  })
}

/** The value that `path=value` demands, so that an index can answer. */
export function exactField(requirements: FieldRequirements, path: string): string | undefined {
  return requirements.find((requirement) => requirement.path === path && requirement.operator === '=')?.value
}

type Reader = (object: ApiObject) => string

const everyKind: Readonly<Record<string, Reader>> = {
  'metadata.name': ({ metadata }) => metadata.name ?? '',
  'metadata.namespace': ({ metadata }) => metadata.namespace ?? '',
}

const eventFields: Readonly<Record<string, Reader>> = {
  ...at(['reason', 'reportingComponent', 'type']),
  ...at(['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'], 'involvedObject.'),
  source: (event) => textAt(event, 'source.component') || textAt(event, 'reportingComponent'),
}

/** By collection-independent name, `plural.group`. The rows are the fields beyond the two that every kind has. */
const selectable: Readonly<Record<string, Readonly<Record<string, Reader>>>> = {
  pods: {
    ...at(['nodeName', 'restartPolicy', 'schedulerName', 'serviceAccountName'], 'spec.'),
    ...at(['phase', 'podIP', 'nominatedNodeName'], 'status.'),
    'spec.hostNetwork': flagAt('spec.hostNetwork'),
    'status.podIPs': (pod) => textAt(pod, 'status.podIP'),
  },
  nodes: { 'spec.unschedulable': flagAt('spec.unschedulable') },
  events: eventFields,
  namespaces: at(['phase'], 'status.'),
  secrets: at(['type']),
  services: at(['clusterIP', 'type'], 'spec.'),
}

/** Names that older clients use. */
const renamedPaths: Readonly<Record<string, string>> = { 'spec.host': 'spec.nodeName' }

/** As the object is kept, which is what selectors look at; undefined where the resource has no such path. */
function storedPath({ group }: ResourceName, path: string): string | undefined {
  if (group === eventsV1.group) return storedEventPath(path)
  return Object.hasOwn(renamedPaths, path) ? renamedPaths[path] : path
}

function fieldsOf({ group, plural }: ResourceName): Readonly<Record<string, Reader>> | undefined {
  return group === '' || group === eventsV1.group ? selectable[plural] : undefined
}

function valueReader(resource: ResourceName, path: string): Reader | undefined {
  if (Object.hasOwn(everyKind, path)) return everyKind[path]
  const fields = fieldsOf(resource)
  return fields !== undefined && Object.hasOwn(fields, path) ? fields[path] : undefined
}

function at(names: readonly string[], prefix = ''): Readonly<Record<string, Reader>> {
  return Object.fromEntries(names.map((name) => [`${prefix}${name}`, (object) => textAt(object, `${prefix}${name}`)]))
}

/** A flag that is absent reads `false`. */
function flagAt(path: string): Reader {
  return (object) => textAt(object, path) || 'false'
}

function textAt(object: ApiObject, path: string): string {
  let value: unknown = object
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null) return ''
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return typeof value === 'object' || value === undefined ? '' : String(value)
}

/** Splits at commas that are not escaped. */
function splitTerms(text: string): string[] {
  return text.match(/(?:\\[\s\S]|[^,\\])+/g) ?? []
}

function parseTerm(text: string, term: string): FieldRequirement {
  const found = /^((?:\\[\s\S]|[^=!\\])*)(!=|==|=)([\s\S]*)$/.exec(term)
  if (found === null) throw badRequestError(`invalid selector: '${text}'; can't understand '${term}'`)
  const [, path, operator, value] = found
  return { path: path!, operator: operator === '!=' ? '!=' : '=', value: unescapedValue(value!) }
}

/** A value may hold `,`, `=` and `\`, each behind a `\`. Upstream: UnescapeValue. */
function unescapedValue(value: string): string {
  return value.replace(/\\([\s\S]?)|([=])/g, (all, escaped: string | undefined, bare: string | undefined) => {
    if (bare !== undefined) throw badRequestError(`invalid field selector: unescaped character in value: ${bare}`)
    if (escaped !== undefined && [',', '=', '\\'].includes(escaped)) return escaped
    throw badRequestError(`invalid field selector: invalid escape sequence: ${all}`)
  })
}

/** Two texts, as seen: kinds with fields of their own say it briefly. */
function unknownField(resource: ResourceName, path: string) {
  if (fieldsOf(resource) !== undefined) {
    return badRequestError(`field label not supported: ${path}`)
  }
  return badRequestError(`"${path}" is not a known field selector: only "metadata.name", "metadata.namespace"`)
}
