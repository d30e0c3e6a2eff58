import { expect, test } from 'vitest'
import { fromStored, toStored } from './conversion.ts'
import { daemonSets, oldDaemonSets } from './resources.ts'
import { templateGenerationOf } from './template-generation.ts'
import type { ApiObject } from './types.ts'

const annotation = 'deprecated.daemonset.template.generation'
const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [] } }

function old(spec: object, metadata: object = {}): ApiObject {
  return {
    kind: 'DaemonSet',
    apiVersion: 'extensions/v1beta1',
    metadata: { name: 'd', ...metadata },
    spec: { template, ...spec },
  } as ApiObject
}

function stored(annotations: object | undefined): ApiObject {
  const metadata = { name: 'd', ...(annotations === undefined ? {} : { annotations }) }
  return { kind: 'DaemonSet', apiVersion: 'apps/v1', metadata, spec: { template } } as ApiObject
}

test('R1.10 the generation of the old API is stored as an annotation, and shown as a field', () => {
  const kept = stored({ x: 'y', [annotation]: '3' })
  const view = old({ templateGeneration: 3 }, { annotations: { x: 'y' } })
  expect(toStored(oldDaemonSets, view)).toEqual(kept)
  expect(fromStored(oldDaemonSets, kept)).toEqual(view)
})

test('R1.10 where there is none, there is none', () => {
  expect(toStored(oldDaemonSets, old({}))).toEqual(stored(undefined))
  expect(fromStored(oldDaemonSets, stored(undefined))).toEqual(old({}))
})

test('R1.10 in the old group the annotation means nothing', () => {
  const view = old({ templateGeneration: 3 }, { annotations: { [annotation]: '9' } })
  expect(toStored(oldDaemonSets, view)).toEqual(stored({ [annotation]: '3' }))
})

test('apps/v1 is what is stored', () => {
  const object = stored({ [annotation]: '3' })
  expect(toStored(daemonSets, object)).toBe(object)
  expect(fromStored(daemonSets, object)).toBe(object)
})

test('nothing that was handed in is changed', () => {
  const view = old({ templateGeneration: 3 }, { annotations: { [annotation]: '9' } })
  const before = JSON.stringify(view)
  toStored(oldDaemonSets, view)
  const kept = stored({ [annotation]: '3' })
  const keptBefore = JSON.stringify(kept)
  fromStored(oldDaemonSets, kept)
  expect(JSON.stringify(view)).toBe(before)
  expect(JSON.stringify(kept)).toBe(keptBefore)
})

test('R1.10 an annotation that is no number cannot be read', () => {
  expect(templateGenerationOf(stored({ [annotation]: '-7' }))).toBe(-7n)
  expect(() => templateGenerationOf(stored({ [annotation]: 'x' }))).toThrow(
    expect.objectContaining({ code: 400, message: expect.stringContaining('parsing "x": invalid syntax') }),
  )
})
