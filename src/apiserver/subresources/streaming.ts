// pods/NAME/exec, attach and portforward: the question goes on to the kubelet of the pod's node, and what it answers is
// carried by the protocol that the client offers (W12.5 to W12.7).
// Upstream: pkg/registry/core/pod/rest/subresources.go, and pkg/registry/core/pod/strategy.go, streamLocation.

import { badRequestError, notFoundError } from '../../api/status.ts'
import type { Pod } from '../../api/types.ts'
import type { ApiResponse, URLSearchParamsLike } from '../../api/wire.ts'
import { authorizeCreate } from '../authorization.ts'
import type { Call, Parts } from '../parts.ts'
import { isTrue } from '../request.ts'
import { parseStored, storageOf, storeKey } from '../stored.ts'
import { streamingLimits } from '../streaming/limits.ts'
import {
  containerSpdy,
  containerWebSockets,
  isWebSocketUpgrade,
  negotiate,
  portSpdy,
  portWebSockets,
  tunnelProtocol,
  upgradeHeaders,
} from '../streaming/negotiate.ts'
import { portOf } from '../streaming/port-number.ts'
import { answerOfKubelet, containerNamed } from './kubelet.ts'

export function exec(parts: Parts, call: Call): Promise<ApiResponse> {
  return inContainer(parts, call, 'exec', call.request.query.getAll('command'))
}

export function attach(parts: Parts, call: Call): Promise<ApiResponse> {
  return inContainer(parts, call, 'attach', [])
}

export async function portForward(parts: Parts, call: Call): Promise<ApiResponse> {
  const { namespace = '', name = '' } = call.target
  mayAsk(parts, call)
  const nodeName = nodeOf(podOf(parts, call))
  const carrier = negotiate(call.request, portWebSockets, portSpdy)
  const query = new URLSearchParams()
  // With SPDY each connection says its port.
  const namesPorts = carrier.over === 'websocket' && carrier.protocol !== tunnelProtocol
  for (const port of namesPorts ? portsOf(call.request.query) : []) query.append('port', String(port))
  const path = ['portForward', namespace, name]
  return opened(await answerOfKubelet(parts, nodeName, { method: 'POST', path, query }), upgradeHeaders(carrier))
}

async function inContainer(
  parts: Parts,
  call: Call,
  action: 'exec' | 'attach',
  command: readonly string[],
): Promise<ApiResponse> {
  const { namespace = '', name = '' } = call.target
  mayAsk(parts, call)
  const pod = podOf(parts, call)
  const container = containerNamed(pod, call.request.query.get('container') ?? '')
  const nodeName = nodeOf(pod)
  const carrier = negotiate(call.request, containerWebSockets, containerSpdy)
  const query = new URLSearchParams()
  // As upstream's kubelet reads them. Upstream: streamParams.
  for (const stream of ['stdin', 'stdout', 'stderr', 'tty']) {
    if (isTrue(call.request.query.get(stream))) query.set(paramOf(stream), '1')
  }
  for (const word of command) query.append('command', word)
  const path = [action, namespace, name, container]
  return opened(await answerOfKubelet(parts, nodeName, { method: 'POST', path, query }), upgradeHeaders(carrier))
}

/** Upstream: core/v1, ExecStdinParam and its like. */
function paramOf(stream: string): string {
  return stream === 'stdin' ? 'input' : stream === 'stdout' ? 'output' : stream === 'stderr' ? 'error' : stream
}

/**
 * A WebSocket begins with GET, so whoever may only read would get in: it takes the right to create as well, which SPDY's
 * POST asks for by itself. Upstream since 1.35: AuthorizePodWebsocketUpgradeCreatePermission.
 */
function mayAsk(parts: Parts, call: Call): void {
  if (call.request.method === 'GET' && isWebSocketUpgrade(call.request)) authorizeCreate(parts, call)
}

function podOf(parts: Parts, { target }: Call): Pod {
  const { resource, namespace = '', name = '' } = target
  const record = parts.store.get(storageOf(resource).collection, storeKey(namespace, name))
  if (record === undefined) throw notFoundError(resource, name)
  return parseStored<Pod>(record.bytes)
}

function nodeOf({ metadata, spec }: Pod): string {
  const nodeName = spec.nodeName ?? ''
  if (nodeName === '') throw badRequestError(`pod ${metadata.name} does not have a host assigned`)
  return nodeName
}

/** Upstream: kubelet/pkg/cri/streaming/portforward/websocket.go, NewV4Options. */
function portsOf(query: URLSearchParamsLike): number[] {
  const given = query.getAll('ports')
  if (given.length === 0) throw badRequestError('query parameter "ports" is required')
  const texts = given.flatMap((list) => list.split(','))
  if (texts.length > streamingLimits.ports) throw badRequestError(`at most ${streamingLimits.ports} ports at a time`)
  return texts.map((text) => {
    const port = portOf(text)
    if (port === undefined) throw badRequestError(`unable to parse "${text}" as a port`)
    return port
  })
}

function opened(answer: ApiResponse, headers: Readonly<Record<string, string>>): ApiResponse {
  // What it refuses is told in its own words: clients look for them, "unable to upgrade connection: …".
  if (answer.upgrade === undefined) return answer
  return { status: 101, headers, body: nothing, upgrade: answer.upgrade }
}

const nothing: ApiResponse['body'] = { kind: 'bytes', bytes: new Uint8Array() }
