// The file of --encryption-provider-config. Whatever is wrong in it is told with its line and its field; of the keys in
// it nothing is ever shown.
import { readFile } from 'node:fs/promises'
import { isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import type { EncryptionConfiguration } from '../../api/encryption-configuration.ts'
import { type FieldError, fieldErrorText } from '../../api/field-error.ts'
import { resources } from '../../api/resources.ts'
import { groupResource, validateEncryptionConfiguration } from '../../api/validation/encryption-configuration.ts'
import type { Log } from '../../base/log.ts'
import { jsonTags } from '../../base/yaml-tags.ts'
import { createEncryption, type Encryption } from '../../store/encryption/encryption.ts'
import { CommandError } from '../command-error.ts'
import { keysOf, offsetOf } from '../manifests/parse.ts'

/** Undefined: no file, so nothing is encrypted. */
export async function openEncryption(path: string | undefined, log: Log): Promise<Encryption | undefined> {
  if (path === undefined) return undefined
  const configuration = parseEncryptionConfiguration(await textIn(path), path)
  const unknown = configuration.resources.flatMap(({ resources: names }) => names).filter((name) => !isServed(name))
  if (unknown.length > 0) {
    log.warn('encryption: this server keeps no such resources', { file: path, resources: unknown })
  }
  return createEncryption(configuration)
}

/** Throws a CommandError that lists all that is wrong, each as `FILE:LINE:COLUMN: field: problem`. */
export function parseEncryptionConfiguration(text: string, file: string): EncryptionConfiguration {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    version: '1.1',
    customTags: jsonTags,
    lineCounter: lines,
    prettyErrors: false,
  })
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${line}:${col}`
  }
  const problems = document.errors.map(({ pos, message }) => `${at(pos[0])}: ${message}`)
  if (problems.length === 0) {
    const contents = document.contents as Node | null
    const isEmpty = contents === null || (isScalar(contents) && contents.value === null)
    const positionOf = ({ field }: FieldError) => at(isEmpty ? 0 : (offsetOf(contents, keysOf(field)) ?? 0))
    const value = isEmpty ? {} : jsonIn(document, file)
    const errors = validateEncryptionConfiguration(value)
    if (errors.length === 0) return value as EncryptionConfiguration
    problems.push(...errors.map((error) => `${positionOf(error)}: ${fieldErrorText(error)}`))
  }
  throw new CommandError(problems.join('\n'))
}

function jsonIn(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (cause) {
    throw new CommandError(`${file}: ${(cause as Error).message}`, { cause })
  }
}

async function textIn(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new CommandError(`encryption provider config ${path}: ${(cause as Error).message}`, { cause })
  }
}

function isServed(name: string): boolean {
  const [resource, group] = groupResource(name)
  if (group === '*') return true
  return resources.some((row) => row.group === group && (resource === '*' || row.plural === resource))
}
