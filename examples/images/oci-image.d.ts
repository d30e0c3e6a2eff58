export interface ImageFile {
  /** Without a leading slash; a directory ends with one. */
  readonly path: string
  readonly data?: Uint8Array | string
  readonly mode?: number
  /** The target of a symbolic link. */
  readonly link?: string
}

export interface ImageOptions {
  /** The file to write. */
  readonly out: string
  /** `localhost/everynode/busybox:1`: the full name. */
  readonly reference: string
  /** In this order: a directory before what lies in it. */
  readonly files: readonly ImageFile[]
  /** `Entrypoint`, `Cmd`, `Env`, `User`, `WorkingDir`, as in the OCI image configuration. */
  readonly config: Readonly<Record<string, unknown>>
}

/** The digest of the manifest. */
export function writeImage(options: ImageOptions): string
export function fileFrom(source: string, path?: string, mode?: number): ImageFile
