// The part of an object's metadata that the server decides: at its birth, and what no update can take from it (W9.4,
// W9.5). Upstream: apiserver/pkg/registry/rest/meta.go, create.go, update.go.

import { generatedName } from '../api/names.ts'
import { formatTime } from '../api/time.ts'
import type { ApiObject, ObjectMeta } from '../api/types.ts'
import type { Parts } from './parts.ts'
import type { Target } from './request.ts'

/** Metadata of a new object: what a client may not say is dropped, what the server says is filled in. */
export function newMeta(object: ApiObject, { resource, namespace }: Target, parts: Parts): ObjectMeta {
  const {
    name,
    generateName: prefix,
    labels,
    annotations,
    ownerReferences,
    finalizers,
    managedFields,
  } = object.metadata
  const generateName = prefix === '' ? undefined : prefix
  const generated = () => (generateName === undefined ? undefined : generatedName(generateName, parts.random))
  return dropAbsent({
    name: name !== undefined && name !== '' ? name : generated(),
    generateName,
    namespace: resource.namespaced ? namespace : undefined,
    uid: parts.random.uuid(),
    generation: resource.hasGeneration ? 1 : undefined,
    creationTimestamp: formatTime(parts.clock.now()),
    labels,
    annotations,
    ownerReferences,
    finalizers,
    managedFields,
  })
}

/** Fills in what a client left out, and sets back what it has no say in. */
export function keepMeta(object: ApiObject, old: ApiObject): void {
  const { metadata } = object
  for (const field of ['uid', 'creationTimestamp', 'deletionTimestamp', 'generateName', 'namespace'] as const) {
    if (metadata[field] === undefined || metadata[field] === null) setOrDelete(metadata, field, old.metadata[field])
  }
  setOrDelete(metadata, 'generation', old.metadata.generation)
  setOrDelete(metadata, 'deletionGracePeriodSeconds', old.metadata.deletionGracePeriodSeconds)
  for (const field of ['labels', 'annotations', 'ownerReferences', 'finalizers'] as const) {
    if (metadata[field] !== undefined && Object.keys(metadata[field]).length === 0) delete metadata[field]
  }
}

function setOrDelete<K extends keyof ObjectMeta>(metadata: ObjectMeta, field: K, value: ObjectMeta[K] | undefined) {
  if (value === undefined) delete metadata[field]
  else metadata[field] = value
}

type Absent<T> = { [K in keyof T]: T[K] | undefined }

function dropAbsent(metadata: Absent<ObjectMeta>): ObjectMeta {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined)) as ObjectMeta
}
