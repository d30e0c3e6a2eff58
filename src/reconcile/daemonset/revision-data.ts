// What a ControllerRevision keeps of a template, byte for byte as Kubernetes renders it: two templates are the same
// exactly when these texts are (R6.6). Upstream: pkg/controller/daemon/update.go, getPatch.

import type { PodTemplateSpec } from '../../api/types.ts'
import { isObject, type JsonObject, setKey } from '../../base/json.ts'
import { compareText } from '../../base/sorted.ts'
import { type GoField, type GoType, goFields, podTemplateSpecType } from './go-types.ts'

/** The `data` of the revision that stands for this template; its keys are in order already. */
export function revisionData(template: PodTemplateSpec): JsonObject {
  const rendered = asGoWritesIt(podTemplateSpecType, template) as JsonObject
  return sortKeys({ spec: { template: { ...rendered, $patch: 'replace' } } }) as JsonObject
}

/** The bytes Go would write: keys in order at every level, HTML's and JavaScript's dangerous characters escaped. */
export function revisionDataText(data: unknown): string {
  return JSON.stringify(sortKeys(data)).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The template a revision stands for; undefined where its data is something else. */
export function templateOfRevision(data: unknown): PodTemplateSpec | undefined {
  const spec = isObject(data) ? data.spec : undefined
  const template = isObject(spec) ? spec.template : undefined
  if (!isObject(template) || !isObject(template.spec)) return undefined
  const { $patch, ...rest } = template
  return rest as unknown as PodTemplateSpec
}

/** Fields without `omitempty` whose zero value the API accepts: Go writes them in any case. */
const writtenWhenZero: Readonly<Record<string, readonly string[]>> = {
  'v1.HTTPHeader': ['value'],
  'v1.ISCSIVolumeSource': ['lun'],
  'v1.SleepAction': ['seconds'],
  'v1.Sysctl': ['value'],
}

/** JSON as it comes back from a Go struct: zero values gone, structs that are no pointers always there. */
function asGoWritesIt(type: GoType, value: unknown): unknown {
  switch (type.kind) {
    case 'pointer':
      return value === undefined || value === null ? undefined : asGoWritesIt(type.of!, value)
    case 'slice':
      if (!Array.isArray(value) || type.of!.text === 'v1.ManagedFieldsEntry') return value
      return value.map((item) => asGoWritesIt(type.of!, item))
    case 'struct':
      return struct(type, value)
    default:
      return value
  }
}

function struct(type: GoType, value: unknown): unknown {
  switch (type.text) {
    case 'v1.Time':
      return value ?? undefined
    case 'intstr.IntOrString':
      return value ?? 0
    case 'resource.Quantity':
      return value ?? '0'
    default: {
      const json: JsonObject = isObject(value) ? value : {}
      const written: JsonObject = {}
      const known = new Set<string>()
      for (const field of allFields(type)) {
        known.add(field.jsonName)
        const text = asGoWritesIt(field.type, json[field.jsonName])
        if (text !== undefined && !omitted(type, field, text)) written[field.jsonName] = text
      }
      // A newer Kubernetes' fields count as well: a change of them is a change of the template.
      for (const key of Object.keys(json)) if (!known.has(key)) setKey(written, key, json[key])
      return written
    }
  }
}

function allFields(type: GoType): readonly GoField[] {
  return goFields(type.text).flatMap((field) => (field.inlined ? allFields(field.type) : [field]))
}

function omitted(parent: GoType, { jsonName, type }: GoField, value: unknown): boolean {
  if (type.kind === 'pointer' || type.kind === 'struct') return false
  if (writtenWhenZero[parent.text]?.includes(jsonName)) return false
  if (Array.isArray(value)) return value.length === 0
  if (isObject(value)) return Object.keys(value).length === 0
  return value === '' || value === 0 || value === false || value === null
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (!isObject(value)) return value
  const sorted: JsonObject = {}
  for (const key of Object.keys(value).sort(compareText)) setKey(sorted, key, sortKeys(value[key]))
  return sorted
}
