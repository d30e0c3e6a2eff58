// Events in two groups: one object, two vocabularies (W2.4, W14.4), and the rules of each.

import { beforeEach, describe, expect, test } from 'vitest'
import { apiserverWorld, type World } from '../../test/world.ts'

const core = '/api/v1/namespaces/default/events'
const group = '/apis/events.k8s.io/v1/namespaces/default/events'
const regarding = { kind: 'DaemonSet', namespace: 'default', name: 'agent', uid: 'u1', apiVersion: 'apps/v1' }
const newer = {
  metadata: { name: 'e1' },
  eventTime: '2026-01-02T03:04:05.000006Z',
  reportingController: 'example.com/watcher',
  reportingInstance: 'watcher-1',
  action: 'Watching',
  reason: 'Seen',
  regarding,
  note: 'it was seen',
  type: 'Normal',
}
const older = {
  metadata: { name: 'e2' },
  involvedObject: regarding,
  reason: 'Seen',
  message: 'it was seen',
  source: { component: 'watcher', host: 'n1' },
  firstTimestamp: '2026-01-02T03:04:05Z',
  lastTimestamp: '2026-01-02T03:04:06Z',
  count: 2,
  type: 'Warning',
}

let world: World
beforeEach(async () => {
  world = await apiserverWorld()
})

describe('W14.4 one event, two views', () => {
  test('created in the newer group, read in both', async () => {
    const created = await world.ask(`POST ${group}`, { body: newer })
    expect(created.status).toBe(201)
    expect(created.json).toMatchObject({ kind: 'Event', apiVersion: 'events.k8s.io/v1', ...newer })
    const { json } = await world.ask(`GET ${core}/e1`)
    expect(json).toMatchObject({
      kind: 'Event',
      apiVersion: 'v1',
      involvedObject: regarding,
      message: 'it was seen',
      reportingComponent: 'example.com/watcher',
      eventTime: '2026-01-02T03:04:05.000006Z',
      firstTimestamp: null,
      source: {},
    })
    expect(json).not.toHaveProperty('note')
  })

  test('created in core, read in the newer group, in every form', async () => {
    await world.ask(`POST ${core}`, { body: older })
    const { json } = await world.ask(`GET ${group}`)
    expect(json).toMatchObject({ kind: 'EventList', apiVersion: 'events.k8s.io/v1' })
    expect(json.items[0]).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      regarding,
      note: 'it was seen',
      reportingController: '',
      deprecatedSource: { component: 'watcher', host: 'n1' },
      deprecatedFirstTimestamp: '2026-01-02T03:04:05Z',
      deprecatedLastTimestamp: '2026-01-02T03:04:06Z',
      deprecatedCount: 2,
      eventTime: null,
    })
    const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }
    const [ours, theirs] = [await world.ask(`GET ${group}`, table), await world.ask(`GET ${core}`, table)]
    expect(ours.json.rows[0].cells).toEqual(theirs.json.rows[0].cells)
    expect(ours.json.rows[0].cells).toContain('daemonset/agent')
  })

  test('a watch of either group is told in its own words', async () => {
    const readers = [await world.watch(`${core}?watch=1`), await world.watch(`${group}?watch=1`)]
    await world.ask(`POST ${core}`, { body: older })
    expect(readers.map(({ events }) => [events[0].object.apiVersion, events[0].object.note])).toEqual([
      ['v1', undefined],
      ['events.k8s.io/v1', 'it was seen'],
    ])
  })

  test('a series is written by a patch of the newer group', async () => {
    await world.ask(`POST ${group}`, { body: newer })
    const body = { series: { count: 3, lastObservedTime: '2026-01-02T03:05:05.000000Z' } }
    for (const type of ['merge-patch', 'strategic-merge-patch']) {
      const { status, json } = await world.ask(`PATCH ${group}/e1`, { type: `application/${type}+json`, body })
      expect([status, json.series, json.apiVersion]).toEqual([200, body.series, 'events.k8s.io/v1'])
    }
    expect((await world.ask(`GET ${core}/e1`)).json.series).toEqual(body.series)
  })
})

describe('W8.5 each group has its own field selectors', () => {
  const table: [path: string, selector: string, found: number | string][] = [
    [core, 'involvedObject.name=agent', 1],
    [group, 'regarding.name=agent', 1],
    [group, 'regarding.name=other', 0],
    [group, 'reportingController=example.com/watcher,type=Normal', 1],
    [group, 'metadata.name=e1', 1],
    [group, 'involvedObject.name=agent', 'field label not supported: involvedObject.name'],
    [core, 'regarding.name=agent', 'field label not supported: regarding.name'],
  ]
  test.each(table)('%s %s', async (path, selector, found) => {
    await world.ask(`POST ${group}`, { body: newer })
    const { json } = await world.ask(`GET ${path}?fieldSelector=${encodeURIComponent(selector)}`)
    expect(json.items?.length ?? json.message).toEqual(found)
  })
})

describe('W9.10 the newer group asks for more', () => {
  const table: [name: string, path: string, body: object, message: string][] = [
    ['a moment', group, { ...newer, eventTime: null }, 'eventTime: Required value'],
    ['a type', group, { ...newer, type: 'Odd' }, 'type: Invalid value: "": has invalid value: Odd'],
    ['no count', group, { ...newer, deprecatedCount: 1 }, 'count: Invalid value: "": needs to be unset'],
    ['an action', group, { ...newer, action: '' }, 'action: Required value'],
    ['a reporter', group, { ...newer, reportingController: '' }, 'reportingController: Required value'],
    ['a short note', group, { ...newer, note: 'x'.repeat(1025) }, 'can have at most 1024 characters'],
    [
      'the namespace of what it is about',
      core,
      { ...older, involvedObject: { ...regarding, namespace: 'other' } },
      'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
    ],
  ]
  test.each(table)('%s', async (_name, path, body, message) => {
    const { status, json } = await world.ask(`POST ${path}`, { body })
    expect(status).toBe(422)
    expect(json.message).toContain(message)
  })

  test('only the series of one may change', async () => {
    await world.ask(`POST ${group}`, { body: newer })
    const { status, json } = await world.ask(`PUT ${group}/e1`, { body: { ...newer, note: 'else', reason: 'Other' } })
    expect(status).toBe(422)
    expect(json.message).toBe(
      'Event.events.k8s.io "e1" is invalid: [reason: Invalid value: "Other": field is immutable, message: Invalid value: "else": field is immutable]',
    )
  })
})
