import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ApiObject } from '../api/types.ts'
import { Mirror, mirrorLimits } from './mirror.ts'

function object(name: string, uid: string, version: number, more: object = {}): ApiObject {
  return { metadata: { namespace: 'default', name, uid, resourceVersion: String(version), ...more } }
}

const at = '2026-01-01T00:00:00Z'
const put = (...args: Parameters<typeof object>) => ({ do: 'put', object: object(...args) }) as const
const remove = (...args: Parameters<typeof object>) => ({ do: 'remove', object: object(...args) }) as const
const replace = (version: number, ...items: ApiObject[]) =>
  ({ do: 'replace', items, resourceVersion: String(version) }) as const

function shown(mirror: Mirror<ApiObject>): string[] {
  return mirror.cache
    .list()
    .map(({ metadata }) => `${metadata.uid}@${metadata.resourceVersion}${metadata.deletionTimestamp ? ' going' : ''}`)
    .sort()
}

test('R2.21 a write is seen before its event, and the event changes nothing any more', () => {
  const mirror = new Mirror()
  mirror.apply(replace(5), 0)
  expect(mirror.wrote(object('a', 'u1', 7), 0)).toMatchObject([{ type: 'added' }])
  expect(mirror.apply(put('b', 'u0', 6), 0)).toMatchObject([{ type: 'added' }])
  expect([shown(mirror), mirror.unconfirmed]).toEqual([['u0@6', 'u1@7'], 1])
  expect(mirror.apply(put('a', 'u1', 7), 0)).toEqual([])
  expect([shown(mirror), mirror.unconfirmed]).toEqual([['u0@6', 'u1@7'], 0])
})

test('an answer that comes after its object was deleted brings nothing back', () => {
  const mirror = new Mirror()
  mirror.apply(put('a', 'u1', 7), 0)
  mirror.apply(remove('a', 'u1', 8), 0)
  expect(mirror.wrote(object('a', 'u1', 7), 0)).toEqual([])
  expect(shown(mirror)).toEqual([])
})

test('an event that is older than our write does not undo it', () => {
  const mirror = new Mirror()
  mirror.apply(put('a', 'u1', 3), 0)
  mirror.wrote(object('a', 'u1', 9), 0)
  mirror.apply(put('a', 'u1', 8), 0)
  expect(shown(mirror)).toEqual(['u1@9'])
})

test('the end of an older object does not take away the one we made under its name', () => {
  const mirror = new Mirror()
  mirror.apply(put('a', 'u1', 3), 0)
  mirror.wrote(object('a', 'u2', 9), 0)
  mirror.apply(remove('a', 'u1', 8), 0)
  expect(shown(mirror)).toEqual(['u2@9'])
})

test('a list that was made before our write does not undo it; one made after it decides', () => {
  const mirror = new Mirror()
  mirror.apply(replace(5), 0)
  mirror.wrote(object('a', 'u1', 7), 0)
  mirror.apply(replace(6), 0)
  expect(shown(mirror)).toEqual(['u1@7'])
  mirror.apply(replace(8), 0)
  expect([shown(mirror), mirror.unconfirmed]).toEqual([[], 0])
})

test('R2.19 what nothing confirms for five minutes is given up', () => {
  const mirror = new Mirror()
  mirror.apply(replace(5, object('b', 'u0', 5)), 0)
  mirror.wrote(object('a', 'u1', 7), 0)
  mirror.wroteDeletion(object('b', 'u0', 5), 'going', at, 0)
  expect(shown(mirror)).toEqual(['u0@5 going', 'u1@7'])
  mirror.apply(replace(3, object('b', 'u0', 3)), mirrorLimits.unconfirmedMs)
  expect([shown(mirror), mirror.unconfirmed]).toEqual([['u0@3'], 0])
})

test('an object whose deletion was accepted is going, whatever late events say', () => {
  const mirror = new Mirror()
  mirror.apply(put('a', 'u1', 3), 0)
  expect(mirror.wroteDeletion(object('a', 'u1', 3), 'going', at, 0)).toMatchObject([{ type: 'updated' }])
  mirror.apply(put('a', 'u1', 4), 0)
  expect(shown(mirror)).toEqual(['u1@4 going'])
  mirror.apply(replace(5, object('a', 'u1', 4)), 0)
  expect(shown(mirror)).toEqual(['u1@4 going'])
  mirror.apply(remove('a', 'u1', 6), 0)
  expect([shown(mirror), mirror.unconfirmed]).toEqual([[], 0])
})

test('an object the server calls gone stays away, and its successor does not', () => {
  const mirror = new Mirror()
  mirror.apply(put('a', 'u1', 3), 0)
  mirror.wroteDeletion(object('a', 'u1', 3), 'gone', at, 0)
  mirror.apply(put('a', 'u1', 4), 0)
  expect(shown(mirror)).toEqual([])
  mirror.apply(put('a', 'u2', 6), 0)
  expect(shown(mirror)).toEqual(['u2@6'])
})

// A server with a log, a client whose answers and events arrive in any order they can.
const act = fc.oneof(
  fc.record({
    do: fc.constantFrom('write' as const, 'delete' as const, 'foreign write' as const, 'foreign delete' as const),
    name: fc.constantFrom('a', 'b'),
  }),
  fc.record({ do: fc.constantFrom('answer' as const, 'event' as const, 'event' as const, 'list' as const) }),
)

test('whatever order answers, events and lists arrive in: own writes are seen, and in the end the mirror is the truth', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const mirror = new Mirror()
      const truth = new Map<string, ApiObject>()
      const events: (ReturnType<typeof put> | ReturnType<typeof remove>)[] = []
      const answers: (() => void)[] = []
      const answered = new Map<string, { uid: string; version: number }>()
      let version = 0
      const write = (name: string, isOurs: boolean) => {
        const uid = truth.get(name)?.metadata.uid ?? `u${version + 1}`
        const written = object(name, uid, ++version)
        truth.set(name, written)
        events.push({ do: 'put', object: written })
        if (!isOurs) return
        answers.push(() => {
          mirror.wrote(written, 0)
          answered.set(name, { uid, version: Number(written.metadata.resourceVersion) })
        })
      }
      const drop = (name: string, isOurs: boolean) => {
        const known = truth.get(name)
        if (known === undefined) return
        truth.delete(name)
        events.push(remove(name, known.metadata.uid!, ++version))
        if (isOurs) answers.push(() => mirror.wroteDeletion(known, 'going', at, 0))
      }
      const tell = () => {
        const event = events.shift()
        if (event !== undefined) mirror.apply(event, 0)
      }
      for (const one of acts) {
        if (one.do === 'write') write(one.name, true)
        else if (one.do === 'foreign write') write(one.name, false)
        else if (one.do === 'delete') drop(one.name, true)
        else if (one.do === 'foreign delete') drop(one.name, false)
        else if (one.do === 'answer') answers.shift()?.()
        else if (one.do === 'event') tell()
        else {
          mirror.apply(replace(version, ...truth.values()), 0)
          events.length = 0
        }
        for (const [name, { uid, version: ours }] of answered) {
          const seen = mirror.cache.get(`default/${name}`)
          if (seen !== undefined) expect(Number(seen.metadata.resourceVersion)).toBeGreaterThanOrEqual(ours)
          else expect(truth.get(name)?.metadata.uid, `${uid} is missing, so it was deleted`).not.toBe(uid)
        }
      }
      while (answers.length > 0) answers.shift()?.()
      while (events.length > 0) tell()
      expect(shown(mirror)).toEqual(
        [...truth.values()].map(({ metadata }) => `${metadata.uid}@${metadata.resourceVersion}`).sort(),
      )
      expect(mirror.unconfirmed).toBe(0)
    }),
    { numRuns: 500 },
  )
})
