// Rules for the volumes that a container mounts. Upstream: pkg/apis/core/validation, ValidateVolumeMounts.

import { type FieldError, invalid, notFound, required } from '../field-error.ts'
import type { Container } from '../types.ts'

type Mounts = NonNullable<Container['volumeMounts']>

/** `volumes`: the names of the pod's volumes that have nothing wrong with them. */
export function validateMounts(field: string, mounts: Mounts, volumes: ReadonlySet<string>): FieldError[] {
  const errors: FieldError[] = []
  const paths = new Set<string>()
  mounts.forEach(({ name = '', mountPath = '', subPath = '' }, i) => {
    const where = `${field}[${i}]`
    if (name === '') errors.push(required(`${where}.name`))
    if (!volumes.has(name)) errors.push(notFound(`${where}.name`, name))
    if (mountPath === '') errors.push(required(`${where}.mountPath`))
    if (paths.has(mountPath)) errors.push(invalid(`${where}.mountPath`, mountPath, 'must be unique'))
    paths.add(mountPath)
    // Upstream leaves the index out of this path.
    if (subPath !== '') errors.push(...localPath(`${field}.subPath`, subPath))
  })
  return errors
}

/** A path that leads nowhere but down. Upstream: validateLocalDescendingPath. */
export function localPath(field: string, path: string): FieldError[] {
  const errors = path.startsWith('/') ? [invalid(field, path, 'must be a relative path')] : []
  return [...errors, ...withoutBacksteps(field, path)]
}

export function withoutBacksteps(field: string, path: string): FieldError[] {
  return path.split('/').includes('..') ? [invalid(field, path, "must not contain '..'")] : []
}
