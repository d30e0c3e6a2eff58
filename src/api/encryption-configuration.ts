// Which objects are encrypted on disk, and by what: the file of --encryption-provider-config. Never served.
// Upstream: apiserver/pkg/apis/apiserver/v1/types_encryption.go.

export const encryptionApiVersion = 'apiserver.config.k8s.io/v1'
export const encryptionKind = 'EncryptionConfiguration'

export interface EncryptionConfiguration {
  readonly apiVersion: typeof encryptionApiVersion
  readonly kind: typeof encryptionKind
  /** The first entry that names a resource decides. */
  readonly resources: readonly EncryptedResources[]
}

export interface EncryptedResources {
  /** `secrets`, `daemonsets.apps`; `*.` is the core group, `*.apps` a group, `*.*` everything. */
  readonly resources: readonly string[]
  /** The first writes, all of them read. */
  readonly providers: readonly EncryptionProvider[]
}

export interface EncryptionProvider {
  readonly aescbc?: EncryptionKeys
  readonly aesgcm?: EncryptionKeys
  /** Nothing is encrypted. */
  readonly identity?: object
}

/** The first key writes, all of them read. */
export interface EncryptionKeys {
  readonly keys: readonly { readonly name: string; readonly secret: string }[]
}
