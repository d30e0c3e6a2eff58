// From an EncryptionConfiguration to who transforms which collection.
// Upstream: apiserver/pkg/server/options/encryptionconfig/config.go.

import type {
  EncryptedResources,
  EncryptionConfiguration,
  EncryptionProvider,
} from '../../api/encryption-configuration.ts'
import { groupResource } from '../../api/validation/encryption-configuration.ts'
import { aesCbc, aesGcm, firstWritesAllRead, identity, type Prefixed, type Transformer } from './transformers.ts'

export interface Encryption {
  /** For what is kept in this collection (`secrets`, `apps/daemonsets`). */
  transformerOf(collection: string): Transformer
}

/** What was encrypted once is refused rather than taken for something else. */
export const noEncryption: Encryption = { transformerOf: () => identity }

/** The configuration has been validated. */
export function createEncryption({ resources }: EncryptionConfiguration): Encryption {
  const entries = resources.map((entry) => ({
    names: entry.resources.map(groupResource),
    transformer: transformerFor(entry),
  }))
  const byCollection = new Map<string, Transformer>()
  return {
    transformerOf(collection) {
      let transformer = byCollection.get(collection)
      if (transformer === undefined) {
        transformer = entries.find(({ names }) => names.some((name) => covers(name, collection)))?.transformer
        transformer ??= identity
        byCollection.set(collection, transformer)
      }
      return transformer
    },
  }
}

function covers([resource, group]: readonly [string, string], collection: string): boolean {
  const slash = collection.indexOf('/')
  const [ownGroup, ownResource] = [collection.slice(0, Math.max(0, slash)), collection.slice(slash + 1)]
  if (group === '*') return resource === '*'
  return group === ownGroup && (resource === '*' || resource === ownResource)
}

function transformerFor({ providers }: EncryptedResources): Transformer {
  return firstWritesAllRead(providers.map(prefixed), 'no matching prefix found')
}

function prefixed({ aescbc, aesgcm }: EncryptionProvider): Prefixed {
  if (aescbc !== undefined) return withKeys('k8s:enc:aescbc:v1:', aescbc.keys, aesCbc)
  if (aesgcm !== undefined) return withKeys('k8s:enc:aesgcm:v1:', aesgcm.keys, aesGcm)
  return { prefix: '', transformer: identity }
}

function withKeys(
  prefix: string,
  keys: readonly { readonly name: string; readonly secret: string }[],
  make: (key: Uint8Array) => Transformer,
): Prefixed {
  const choices = keys.map(({ name, secret }) => ({
    prefix: `${name}:`,
    transformer: make(Buffer.from(secret, 'base64')),
  }))
  return {
    prefix,
    transformer: firstWritesAllRead(choices, 'no matching key was found for the provided AES transformer'),
  }
}
