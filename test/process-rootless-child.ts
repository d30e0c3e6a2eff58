// An agent that is not root, for a test: runs a container, goes into it, and says what it saw. Its argument: a directory.

import { createProcessRuntime } from '../src/agent/process/runtime.ts'
import type { ContainerStreams, TerminalSize } from '../src/api/session.ts'
import type { Pod } from '../src/api/types.ts'
import { silentLog } from '../src/base/log.ts'
import { givenMaterials, nodePlace, systemClock } from './process-world.ts'

const runtime = createProcessRuntime({
  place: nodePlace(process.argv[2]!),
  materials: givenMaterials,
  clock: systemClock,
  log: silentLog,
  hostIP: () => '127.0.0.1',
})
const container = { name: 'main', command: ['sleep', '100'] }
const metadata = { name: 'rootless', namespace: 'default', uid: 'uid-rootless' }
const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [container] } }
const { id } = await runtime.startContainer(pod, container, 0, () => {})

async function* noSizes(): AsyncGenerator<TerminalSize> {}

async function execute(script: string, tty: boolean): Promise<string> {
  let text = ''
  const writer = {
    async write(chunk: Uint8Array) {
      text += Buffer.from(chunk).toString('utf8')
      return true
    },
    end() {},
  }
  const streams: ContainerStreams = {
    stdin: undefined,
    stdout: writer,
    stderr: tty ? undefined : writer,
    resizes: tty ? noSizes() : undefined,
    gone: new AbortController().signal,
  }
  const place = { pod, container, containerId: id }
  const end = await runtime.sessions!.exec(place, ['sh', '-c', script], streams)
  return `${text.trim()} ${'exitCode' in end ? end.exitCode : end.message}`
}

const user = await execute('id -u; exit 4', false)
const processes = await execute('ls /proc | grep -c "^[0-9]"', false)
const rights = await execute('grep CapEff /proc/self/status', false)
const terminal = await execute('tty -s && echo yes', true)
await runtime.closeSandbox(pod)
await runtime.close()
process.stdout.write(JSON.stringify({ user, processes, rights, terminal }))
