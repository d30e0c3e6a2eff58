// exec, attach and port-forward of containers that the CRI runs: it says where they are had, streaming.ts goes there.

import type { Pod } from '../../api/types.ts'
import type { AbortSignalLike } from '../../base/clock.ts'
import { type ContainerPlace, RuntimeRefusal, type RuntimeSessions } from '../runtime.ts'
import { rpcText } from './grpc.ts'
import type { CriParts } from './parts.ts'
import { streamContainer, streamPort } from './streaming.ts'

export interface SandboxNow {
  readonly id: string
  /** Aborted when the pod is taken away. */
  readonly ends: AbortSignal
}

/** `sandboxOf` undefined: the pod is not here, or has none. */
export function criSessions({ cri }: CriParts, sandboxOf: (pod: Pod) => SandboxNow | undefined): RuntimeSessions {
  return {
    async exec(place, cmd, streams) {
      const url = await urlOf(cri.call('exec', { containerId: idOf(place), cmd, ...wantsOf(streams) }))
      return streamContainer(url, streams)
    },

    async attach(place, streams) {
      const url = await urlOf(cri.call('attach', { containerId: idOf(place), ...wantsOf(streams) }))
      return streamContainer(url, streams)
    },

    async connect(pod, port, connection) {
      const sandbox = sandboxOf(pod)
      if (sandbox === undefined) throw new RuntimeRefusal('Refused', 'the pod does not run')
      const url = await urlOf(cri.call('portForward', { podSandboxId: sandbox.id, port: [port] }))
      const problem = await streamPort(url, port, connection)
      if (problem !== '') throw new RuntimeRefusal('Refused', problem)
    },

    async sandboxClosed(pod, gone) {
      const ends = sandboxOf(pod)?.ends
      if (ends !== undefined) await eitherAborted(ends, gone)
    },
  }
}

type Streams = Parameters<RuntimeSessions['attach']>[1]

function wantsOf({ stdin, stdout, stderr, resizes }: Streams) {
  return {
    stdin: stdin !== undefined,
    stdout: stdout !== undefined,
    stderr: stderr !== undefined,
    tty: resizes !== undefined,
  }
}

async function urlOf(answer: Promise<{ readonly url: string }>): Promise<string> {
  try {
    return (await answer).url
  } catch (error) {
    throw new RuntimeRefusal('Refused', rpcText(error))
  }
}

function idOf({ containerId }: ContainerPlace): string {
  return containerId.slice(containerId.indexOf('://') + 3)
}

function eitherAborted(one: AbortSignalLike, other: AbortSignalLike): Promise<void> {
  return new Promise((resolve) => {
    if (one.aborted || other.aborted) return resolve()
    const done = () => {
      one.removeEventListener('abort', done)
      other.removeEventListener('abort', done)
      resolve()
    }
    one.addEventListener('abort', done)
    other.addEventListener('abort', done)
  })
}
