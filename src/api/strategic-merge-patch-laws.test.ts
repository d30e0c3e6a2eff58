import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isObject, type JsonObject, jsonEqual } from '../base/json.ts'
import { strategicMergePatch } from './strategic-merge-patch.ts'

const named = (...names: string[]) => names.map((name) => ({ name }))
const names = (list: unknown) => (list as { name: string }[]).map(({ name }) => name)

// The patch that kubectl apply would compute, and the proof that it leads where it should.

const text = fc.constantFrom<string>('p', 'q', 'r')
const envs = fc.uniqueArray(fc.record({ name: text, value: text }), { selector: ({ name }) => name })
const container = fc.record({ name: text, image: text, args: fc.array(text), env: envs }, { requiredKeys: ['name'] })
const podSpecs = fc.record(
  {
    containers: fc.uniqueArray(container, { selector: ({ name }) => name, minLength: 1 }),
    nodeSelector: fc.dictionary(text, text),
    tolerations: fc.array(fc.record({ key: text })),
    hostNetwork: fc.boolean(),
  },
  { requiredKeys: [] },
)

test('W10.6 the difference of two pod specs leads from one to the other', () => {
  fc.assert(
    fc.property(podSpecs, podSpecs, (from, to) => {
      expect(strategicMergePatch('PodSpec', from, difference(from, to))).toEqual(to)
    }),
  )
})

test('W10.6 a patch applied twice is a patch applied once', () => {
  fc.assert(
    fc.property(podSpecs, podSpecs, podSpecs, (live, from, to) => {
      const patch = difference(from, to)
      const once = strategicMergePatch('PodSpec', live, patch)
      expect(strategicMergePatch('PodSpec', once, patch)).toEqual(once)
    }),
  )
})

test('W10.6 items that the patch does not name stay, in their order', () => {
  fc.assert(
    fc.property(fc.uniqueArray(text), fc.uniqueArray(text), (live, patch) => {
      const merged = names(
        strategicMergePatch('PodSpec', { containers: named(...live) }, { containers: named(...patch) }).containers,
      )
      expect(new Set(merged)).toEqual(new Set([...live, ...patch]))
      expect(merged.filter((name) => !patch.includes(name))).toEqual(live.filter((name) => !patch.includes(name)))
      expect(merged.filter((name) => patch.includes(name))).toEqual(patch)
    }),
  )
})

const keyed: Readonly<Record<string, true>> = { containers: true, env: true }

function difference(from: JsonObject, to: JsonObject): JsonObject {
  const patch: JsonObject = {}
  for (const key of Object.keys(from)) if (to[key] === undefined) patch[key] = null
  for (const [key, value] of Object.entries(to)) {
    const found = from[key]
    if (jsonEqual(found, value)) continue
    if (isObject(found) && isObject(value)) patch[key] = difference(found, value)
    else if (keyed[key] && Array.isArray(found) && Array.isArray(value)) {
      patch[`$setElementOrder/${key}`] = named(...names(value))
      patch[key] = listDifference(found, value)
    } else patch[key] = value
  }
  return patch
}

function listDifference(from: JsonObject[], to: JsonObject[]): JsonObject[] {
  const changed = to.map((item) => {
    const found = from.find(({ name }) => name === item.name)
    return found === undefined ? item : { ...difference(found, item), name: item.name }
  })
  const gone = from.filter(({ name }) => !to.some((item) => item.name === name))
  return [...changed, ...gone.map(({ name }) => ({ $patch: 'delete', name }))]
}
