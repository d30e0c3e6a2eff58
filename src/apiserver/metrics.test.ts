// What the server counts of itself (W1.8).

import { expect, test } from 'vitest'
import { admin, apiserverWorld, settled } from '../../test/world.ts'

test('W1.8 /metrics tells requests by what they asked and how it ended, watchers and what is stored', async () => {
  const world = await apiserverWorld()
  const { ask } = world
  await ask('POST /api/v1/namespaces/default/configmaps', { body: { metadata: { name: 'a' } } })
  await ask('POST /api/v1/namespaces/default/configmaps', { body: { metadata: { name: 'a' } } })
  await ask('GET /apis/apps/v1/daemonsets')
  await ask('GET /made-up-by-whoever-asks')
  const reader = await world.watch('/api/v1/configmaps?watch=1')
  await settled()
  const { status, headers, text } = await ask('GET /metrics')
  expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
  const lines = text.split('\n')
  const create = 'verb="POST",group="",version="v1",resource="configmaps",subresource="",scope="namespace"'
  const watch = 'verb="WATCH",group="",version="v1",resource="configmaps",subresource="",scope="cluster"'
  expect(lines).toContain(`apiserver_request_total{${create},code="201"} 1`)
  expect(lines).toContain(`apiserver_request_total{${create},code="409"} 1`)
  expect(lines).toContain(`apiserver_request_total{${watch},code="200"} 1`)
  expect(lines).toContain('apiserver_request_duration_seconds_count{verb="POST"} 2')
  expect(lines).toContain('apiserver_current_inflight_requests{request_kind="mutating"} 0')
  expect(lines).toContain('apiserver_current_inflight_requests{request_kind="readOnly"} 1')
  expect(lines).toContain('apiserver_registered_watchers{resource="configmaps"} 1')
  expect(lines).toContain('apiserver_storage_objects{resource="configmaps"} 1')
  expect(lines).toContain(`everynode_store_revision ${world.store.revision}`)
  expect(text).not.toContain('made-up')
  reader.stop()
  expect((await ask('GET /metrics')).text).toContain('apiserver_registered_watchers{resource="configmaps"} 0')
})

test('W1.8 two servers in one process count for themselves, and not everybody may look', async () => {
  const [one, other] = [await apiserverWorld(), await apiserverWorld()]
  await one.ask('GET /api/v1/pods')
  expect((await one.ask('GET /metrics')).text).toContain('resource="pods",subresource="",scope="cluster",code="200"} 1')
  expect((await other.ask('GET /metrics')).text).not.toContain('resource="pods",subresource="",scope="cluster",code')
  const nobody = { ...admin, name: 'nora', groups: ['system:authenticated'] }
  expect((await one.ask('GET /metrics', { user: nobody })).status).toBe(403)
  expect((await one.ask('GET /metrics/more')).status).toBe(404)
})
