// What the API server gets that asks an agent on another machine for an exec, an attach or a port-forward: the same
// session it would get of an agent in its own process.
import { WebSocket } from 'ws'
import type { Session } from '../../../api/session.ts'
import type { ApiRequest, ApiResponse } from '../../../api/wire.ts'
import { remoteContainer } from './container-session.ts'
import { dial, type Place } from './dial.ts'
import { remotePorts } from './port-session.ts'

export function isSession({ path }: Pick<ApiRequest, 'path'>): boolean {
  return /^\/(exec|attach|portForward)\//.test(path)
}

export async function openRemoteSession(place: Place, { path, query }: ApiRequest): Promise<ApiResponse> {
  const isPorts = path.startsWith('/portForward/')
  const answer = await dial(place, path, isPorts ? '' : String(query))
  if (!(answer instanceof WebSocket)) return answer
  const session = isPorts ? ports(place, path, query.getAll('port').map(Number), answer) : container(answer, query)
  const upgrade = { session, ended: () => answer.terminate() }
  return { status: 101, headers: {}, body: { kind: 'bytes', bytes: new Uint8Array() }, upgrade }
}

function container(socket: WebSocket, query: ApiRequest['query']): Session {
  const wants = (name: string) => query.get(name) === '1'
  const tty = wants('tty')
  const choice = { stdin: wants('input'), stdout: wants('output'), stderr: wants('error') && !tty, tty }
  return remoteContainer(socket, choice)
}

function ports(place: Place, path: string, asked: readonly number[], keeper: WebSocket): Session {
  return remotePorts(keeper, asked, async (port) => {
    const answer = await dial(place, path, `port=${port}`)
    if (answer instanceof WebSocket) return answer
    return answer.body.kind === 'bytes' ? Buffer.from(answer.body.bytes).toString('utf8') : `answered ${answer.status}`
  })
}
