// Writes src/api/schema/*.generated.ts: the types of everything the API server serves, from the models of
// @kubernetes/client-node (Kubernetes 1.34, Apache-2.0) and the hand tables beside this file. The package is fetched
// for this run only; what is generated is committed. Run: npm run schema:generate

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resources } from '../src/api/resources.ts'
import { type GoType, goFields, podTemplateSpecType } from '../src/reconcile/daemonset/go-types.ts'
import {
  type AddedField,
  addedFields,
  addedTypes,
  keptZeros,
  modelNames,
  moreRoots,
  namedStrings,
  packageOf,
  quantities,
  variants,
} from './schema/additions.ts'
import { type ModelField, readModel } from './schema/client-node-models.ts'

const source = '@kubernetes/client-node@1.4.0'
const target = new URL('../src/api/schema/', import.meta.url)

interface Type {
  readonly goName: string
  readonly packageName: string
  readonly description: string
  readonly fields: readonly AddedField[]
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'schema-'))
  try {
    const tarball = execFileSync('npm', ['pack', source, '--silent', '--pack-destination', folder], {
      encoding: 'utf8',
    })
    execFileSync('tar', ['xzf', join(folder, tarball.trim()), '-C', folder])
    const types = collect(join(folder, 'package'))
    checkAgainstGo(types)
    const names = [...types.keys()].sort()
    writeFileSync(new URL('types.generated.ts', target), printTypes(names, types))
    writeFileSync(new URL('descriptions.generated.ts', target), printDescriptions(names, types))
    console.log(`${names.length} types from ${source}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Every type that can be reached from the served resources, with its fields by name. */
function collect(folder: string): Map<string, Type> {
  const types = new Map<string, Type>()
  const waiting = [...resources.map((row) => row.schema), ...moreRoots]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (types.has(name)) continue
    const type = readType(folder, name)
    types.set(name, type)
    for (const field of type.fields) {
      const [, referred] = /([A-Z]\w*)\W*$/.exec(withoutGoName(field.type)) ?? []
      if (referred !== undefined) waiting.push(referred)
    }
  }
  return types
}

function readType(folder: string, name: string): Type {
  const variant = variants[name]
  if (variant !== undefined) {
    const base = readType(folder, variant.of)
    const fields = base.fields.map((field) => ({
      ...field,
      type: variant.types?.[field.name] ?? field.type,
      required: variant.optional?.includes(field.name) ? false : (field.required ?? false),
    }))
    return {
      ...base,
      goName: variant.goName,
      packageName: packageOf(name),
      fields: byName([...fields, ...(variant.added ?? [])]),
    }
  }
  const added = addedTypes[name]
  if (added !== undefined) return { goName: name, packageName: packageOf(name), ...added }
  const model = readModel(folder, modelNames[name] ?? `V1${name}`)
  if (model === undefined) throw new Error(`${source} has no model of ${name}`)
  const fields = model.fields.map((field) => ({
    name: field.jsonName,
    type: typeOf(name, field),
    required: field.required,
    description: field.description,
  }))
  return {
    goName: name,
    packageName: packageOf(name),
    description: model.description,
    fields: byName([...fields, ...(addedFields[name] ?? [])]),
  }
}

function byName(fields: readonly AddedField[]): AddedField[] {
  return [...fields].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The field's type in the notation of types.generated.ts. */
function typeOf(owner: string, field: ModelField): string {
  const path = `${owner}.${field.jsonName}`
  const go = goScalars.get(path)
  const zeroKept = keptZeros.has(path) || go?.pointer === true ? '*' : ''
  const goName = namedStrings[path] ?? go?.goName
  return zeroKept + withGoName(reference(path, field.type, field.format), goName)
}

function reference(path: string, type: string, format: string): string {
  const [, item] = /^Array<(.+)>$/.exec(type) ?? []
  if (item !== undefined) return `[]${reference(path, item, format)}`
  const [, value] = /^\{ \[key: string\]: (.+); \}$/.exec(type) ?? []
  if (value !== undefined) return `map[${reference(path, value, format)}]`
  switch (type) {
    case 'any':
      return 'any'
    case 'boolean':
      return 'bool'
    case 'number':
      return format === '' ? 'double' : format
    case 'Date':
      return 'time'
    case 'V1MicroTime':
      return 'micro-time'
    case 'IntOrString':
      return 'int-or-string'
    case 'string':
      if (quantities.has(path)) return 'quantity'
      return format === 'byte' ? 'bytes' : format === 'int-or-string' ? format : 'string'
  }
  for (const [name, model] of Object.entries(modelNames)) if (model === type) return name
  return type.replace(/^V1(?=[A-Z])/, '')
}

const withGoName = (type: string, goName: string | undefined) => (goName === undefined ? type : `${type}=${goName}`)
const withoutGoName = (type: string) => type.replace(/=.*$/, '')

interface GoScalar {
  readonly pointer: boolean
  readonly goName: string | undefined
}

/** `PodSpec.restartPolicy` → what Go knows of the field, for every type of a pod template. */
const goScalars = new Map<string, GoScalar>()
const goTypes = new Set<string>()
learnGo(podTemplateSpecType)

function learnGo(outer: GoType): void {
  const type = innermost(outer)
  if (type.kind !== 'struct' || !type.text.startsWith('v1.') || goTypes.has(type.text)) return
  // Time is a scalar of JSON, and the table stops at managed fields: no template has any.
  if (type.text === 'v1.Time' || type.text === 'v1.ManagedFieldsEntry') return
  goTypes.add(type.text)
  learnFields(type.text.slice('v1.'.length), type.text)
}

/** An embedded struct's fields belong to the struct around it, as they do in JSON. */
function learnFields(owner: string, typeText: string): void {
  for (const { jsonName, type, inlined } of goFields(typeText)) {
    if (inlined) {
      // A template has no ephemeral containers, so the table leaves their type out; its fields are a container's.
      learnFields(owner, type.text === 'v1.EphemeralContainerCommon' ? 'v1.Container' : type.text)
      continue
    }
    const inner = innermost(type)
    const pointer = type.kind === 'pointer' && type.of?.kind !== 'struct'
    const goName = inner.kind === 'string' && inner.text !== 'string' ? inner.text : undefined
    goScalars.set(`${owner}.${jsonName}`, { pointer, goName })
    learnGo(type)
  }
}

function innermost(type: GoType): GoType {
  return type.of === undefined ? type : innermost(type.of)
}

/** The table of Go types is of 1.35: a field it has and we lack is one to add by hand. */
function checkAgainstGo(types: ReadonlyMap<string, Type>): void {
  for (const path of goScalars.keys()) {
    const [owner, name] = path.split('.')
    if (!types.get(owner!)?.fields.some((field) => field.name === name)) {
      throw new Error(
        `Kubernetes 1.35 has ${path}, the models of ${source} do not: add it to scripts/schema/additions.ts`,
      )
    }
  }
}

const notice = `// Generated by scripts/generate-schema.ts from ${source} (Apache-2.0, see NOTICE). Do not edit.`

function printTypes(names: readonly string[], types: ReadonlyMap<string, Type>): string {
  const lines = names.map((name) => {
    const { goName, packageName, fields } = types.get(name)!
    const texts = fields.map((field) => `${field.name}${field.required ? '!' : ''}:${field.type}`)
    return `${name} ${packageName}.${goName} { ${texts.join('; ')} }`
  })
  return `${notice}
// One type a line: \`Name openapi.key.GoName { field[!]:[*]type[=Go type]; … }\`. \`!\` required; \`*\` optional, but a zero
// is a value. Types: string bool int32 int64 double bytes time micro-time quantity int-or-string any, []T, map[T].

export const generatedTypes = \`
${lines.join('\n')}
\`
`
}

function printDescriptions(names: readonly string[], types: ReadonlyMap<string, Type>): string {
  const entries = names.map((name) => {
    const { description, fields } = types.get(name)!
    const texts = Object.fromEntries(fields.map((field) => [field.name, field.description]))
    return `  ${JSON.stringify(name)}: ${JSON.stringify([description, texts])},`
  })
  return `${notice}

export const generatedDescriptions: Readonly<Record<string, readonly [string, Readonly<Record<string, string>>]>> = {
${entries.join('\n')}
}
`
}

main()
