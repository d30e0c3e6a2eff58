// How an object lies in the store: one JSON text whose beginning is known, so that its revision can be set, and
// replaced, without looking at the rest. What is stored is what is sent.

import { apiVersionOf, type Resource, resources } from '../api/resources.ts'
import type { ApiObject } from '../api/types.ts'
import { assert } from '../base/assert.ts'

/** The object's bytes, once its revision is known. `kind` and `apiVersion` are the resource's, whatever stands in it. */
export function encodeStored(resource: Resource, object: ApiObject): (revision: number) => Uint8Array {
  const { kind, apiVersion, metadata, ...rest } = object
  const { resourceVersion, ...meta } = metadata
  const text = JSON.stringify({ metadata: meta, ...rest })
  assert(meta.name !== undefined, `encode a ${resource.kind}: it has no name`)
  const head = headOf(resource)
  const tail = text.slice('{"metadata":{'.length)
  return (revision) => wholeBytes(`${head}${revision}",${tail}`)
}

/** The same bytes with another revision: the last state of a deleted object (W7.4). */
export function restamp(resource: Resource, bytes: Uint8Array, revision: number): Uint8Array {
  const head = headOf(resource)
  const end = bytes.indexOf(quote, head.length)
  assert(end > 0, `restamp a ${resource.kind}: the stored bytes do not begin as they should`)
  const begin = `${head}${revision}`
  const stamped = Buffer.allocUnsafeSlow(begin.length + bytes.byteLength - end)
  stamped.write(begin, 'latin1')
  stamped.set(bytes.subarray(end), begin.length)
  return stamped
}

/** A buffer of its own, not a part of Node's pool: the store keeps it as it is, and what is noted of it stays found. */
function wholeBytes(text: string): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
}

export function parseStored<T extends ApiObject = ApiObject>(bytes: Uint8Array): T {
  return JSON.parse(textOf(bytes))
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

const quote = 0x22

const heads = new Map<Resource, string>()

function headOf(resource: Resource): string {
  let head = heads.get(resource)
  if (head === undefined) {
    const { kind } = resource
    head = `{"kind":"${kind}","apiVersion":"${apiVersionOf(resource)}","metadata":{"resourceVersion":"`
    heads.set(resource, head)
  }
  return head
}

/** The resource whose form is stored: the first of the table with this collection. */
export function storageOf(resource: Resource): Resource {
  let storage = storages.get(resource)
  if (storage === undefined) {
    storage = resources.find((row) => row.collection === resource.collection) ?? resource
    storages.set(resource, storage)
  }
  return storage
}

const storages = new Map<Resource, Resource>()

/** Where the object lies in its collection. */
export function storeKey(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`
}
