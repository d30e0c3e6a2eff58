import { expect, test } from 'vitest'
import type { ApiRequest } from '../api/wire.ts'
import { routeOf } from './request.ts'

function route(line: string): string {
  const [method = '', url = ''] = line.split(' ')
  const [path = '', query = ''] = url.split('?')
  const request: ApiRequest = {
    method,
    path,
    query: new URLSearchParams(query),
    headers: {},
    body: new Uint8Array(),
    user: undefined,
  }
  const found = routeOf(request)
  if (found.to !== 'target') return found.to
  const { resource, namespace, name, subresource } = found.target
  const parts = [found.verb, `${resource.group}/${resource.plural}`, namespace ?? '-', name ?? '-']
  return [...parts, ...(subresource === undefined ? [] : [subresource.name])].join(' ')
}

const table: [line: string, found: string][] = [
  ['GET /api/v1/pods', 'list /pods - -'],
  ['GET /api/v1/pods?watch=1', 'watch /pods - -'],
  ['GET /api/v1/pods?watch=true', 'watch /pods - -'],
  ['GET /api/v1/pods?watch=false', 'list /pods - -'],
  ['GET /api/v1/pods?watch=0', 'list /pods - -'],
  ['GET /api/v1/namespaces/a/pods/', 'list /pods a -'],
  ['POST /api/v1/namespaces/a/pods', 'create /pods a -'],
  ['DELETE /api/v1/namespaces/a/pods', 'deletecollection /pods a -'],
  ['GET /api/v1/namespaces/a/pods/p', 'get /pods a p'],
  ['GET /api/v1/namespaces/a/pods/p?watch=1', 'get /pods a p'],
  ['PUT /api/v1/namespaces/a/pods/p', 'update /pods a p'],
  ['PATCH /api/v1/namespaces/a/pods/p/status', 'patch /pods a p status'],
  ['GET /api/v1/namespaces/a/pods/p/log', 'get /pods a p log'],
  ['POST /api/v1/namespaces/a/pods/p/binding', 'create /pods a p binding'],
  ['DELETE /apis/apps/v1/namespaces/a/daemonsets/d', 'delete apps/daemonsets a d'],
  ['GET /apis/extensions/v1beta1/namespaces/a/daemonsets/d', 'get extensions/daemonsets a d'],
  // The namespace object itself, and what only looks like it.
  ['GET /api/v1/namespaces/a', 'get /namespaces - a'],
  ['PUT /api/v1/namespaces/a/finalize', 'update /namespaces - a finalize'],
  ['PUT /api/v1/namespaces/a/status', 'update /namespaces - a status'],
  ['GET /api/v1/namespaces/a/status', 'get /namespaces - a status'],
  ['GET /api/v1/namespaces/status/pods', 'list /pods status -'],
  ['GET /api/v1/nodes/n%2e1', 'get /nodes - n.1'],
  // W2.2, the old form
  ['GET /api/v1/watch/pods', 'watch /pods - -'],
  ['GET /api/v1/watch/namespaces/a/pods', 'watch /pods a -'],
  ['GET /api/v1/watch/namespaces/a/pods/p', 'watch /pods a p'],
  ['GET /api/v1/watch/namespaces/a', 'watch /namespaces - a'],
  ['GET /apis/apps/v1/watch/daemonsets', 'watch apps/daemonsets - -'],
  ['POST /api/v1/watch/pods', 'no-method'],
  ['GET /api/v1/watch', 'no-resource'],
  ['GET /api/v1/watch/foos', 'no-resource'],
  ['GET /api/v1/watch/namespaces/a/pods/p/status', 'no-resource'],
  // W2.3
  ['POST /api/v1/pods', 'no-method'],
  ['DELETE /api/v1/namespaces', 'no-method'],
  ['PATCH /api/v1/namespaces/a/pods', 'no-method'],
  ['DELETE /api/v1/namespaces/a/pods/p/status', 'no-method'],
  ['GET /apis/authorization.k8s.io/v1/selfsubjectaccessreviews', 'no-method'],
  // W1.6, W2.5
  ['GET /api/v1/foos', 'no-resource'],
  ['PATCH /apis/apps/v1/namespaces/a/daemonsets/d/scale', 'no-resource'],
  ['GET /api/v1/pods/p', 'no-resource'],
  ['GET /api/v1/namespaces/a/nodes', 'no-resource'],
  ['GET /api/v1/namespaces//pods', 'no-resource'],
  ['GET /api/v2/pods', 'path'],
  ['GET /apis/foo/v1/pods', 'path'],
  ['GET /api/v1', 'path'],
  ['GET /apis/apps', 'path'],
  ['GET /version', 'path'],
  ['GET /api/v1/pods%', 'path'],
]

test.each(table)('W2.1 W2.2 %s → %s', (line, found) => {
  expect(route(line)).toBe(found)
})
