// Reading the generated models of @kubernetes/client-node: what each type's fields are called, what they hold, which
// are required and what upstream says about them. Nothing of that package is run: its files are read as text.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface ModelField {
  readonly jsonName: string
  /** As TypeScript has it: `string`, `Array<V1Container>`, `{ [key: string]: string; }`. */
  readonly type: string
  /** OpenAPI's format: `int32`, `date-time`, `byte`, or ''. */
  readonly format: string
  readonly required: boolean
  readonly description: string
}

export interface Model {
  readonly description: string
  readonly fields: readonly ModelField[]
}

/** The model `name` (`V1DaemonSet`) of the package unpacked in `folder`; undefined when it has none. */
export function readModel(folder: string, name: string): Model | undefined {
  const path = join(folder, 'dist/gen/models', name)
  if (!existsSync(`${path}.js`)) return undefined
  const { description, properties } = readDeclaration(readFileSync(`${path}.d.ts`, 'utf8'), name)
  const fields = readTypeMap(readFileSync(`${path}.js`, 'utf8'), name).map((entry) => {
    const property = properties.get(entry.name)
    if (property === undefined) throw new Error(`${name}.d.ts does not declare ${entry.name}`)
    return { jsonName: entry.baseName, type: entry.type, format: entry.format, ...property }
  })
  return { description, fields }
}

interface TypeMapEntry {
  readonly name: string
  readonly baseName: string
  readonly type: string
  readonly format: string
}

function readTypeMap(text: string, name: string): TypeMapEntry[] {
  const [, array] = /\.attributeTypeMap = (\[[\s\S]*?\n?\]);/.exec(text) ?? []
  if (array === undefined) throw new Error(`${name}.js has no attributeTypeMap`)
  return JSON.parse(array) as TypeMapEntry[]
}

type Property = Pick<ModelField, 'required' | 'description'>

/** A class declaration read line by line: doc comments, and the properties that follow them. */
function readDeclaration(text: string, name: string): { description: string; properties: Map<string, Property> } {
  const properties = new Map<string, Property>()
  let description = ''
  let comment: string[] = []
  let inClass = false
  for (const line of text.split('\n').map((raw) => raw.trim())) {
    if (line === '/**') comment = []
    else if (line.startsWith('* ')) comment.push(line.slice(2))
    else if (line.startsWith(`export declare class ${name} `)) {
      inClass = true
      description = sentence(comment)
      comment = []
    } else if (inClass) {
      const [, property, optional] = /^'(.+?)'(\??):/.exec(line) ?? []
      if (property === undefined) continue
      properties.set(property, { required: optional === '', description: sentence(comment) })
      comment = []
    }
  }
  if (!inClass) throw new Error(`${name}.d.ts does not declare the class`)
  return { description, properties }
}

function sentence(comment: readonly string[]): string {
  return comment
    .join('\n')
    .replaceAll(/\\(['"\\`])/g, '$1')
    .trim()
}
