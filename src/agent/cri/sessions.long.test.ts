// Into containers on containerd: exec, attach and port-forward as an agent is asked for them.
import { createServer } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import { noContainerd } from '../../../test/containerd.ts'
import { containerdNode, idle, scripted } from '../../../test/containerd-node.ts'
import type { ContainerEnd, ContainerStreams, TerminalSize } from '../../api/session.ts'
import { Pipe } from '../../base/pipe.ts'
import type { ContainerPlace, Runtime } from '../runtime.ts'

async function textOf(pipe: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of pipe) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

async function* given(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

async function* sizes(...all: TerminalSize[]): AsyncGenerator<TerminalSize> {
  yield* all
}

describe('sessions on containerd', () => {
  let runtime: Runtime
  const world = containerdNode({}, (made) => {
    runtime = made
  })
  let place: ContainerPlace
  beforeAll(async () => {
    if (noContainerd() !== undefined) return
    const { node } = world()
    const reading = scripted('while read line; do echo "read $line"; done', { name: 'reading', stdin: true })
    await node.addPod('host', { containers: [scripted(idle), reading] })
    const pod = await node.until('host', 'Running 2/2')
    place = placeOf(pod, 'main')
  })

  function placeOf(pod: Awaited<ReturnType<ReturnType<typeof world>['node']['pod']>>, name: string): ContainerPlace {
    const status = pod.status?.containerStatuses?.find((one) => one.name === name)
    const container = pod.spec.containers.find((one) => one.name === name)!
    return { pod, container, containerId: status?.containerID ?? '' }
  }

  interface Session {
    readonly end: ContainerEnd
    readonly stdout: string
    readonly stderr: string
  }

  async function exec(script: string, more: Partial<ContainerStreams> = {}): Promise<Session> {
    const [stdout, stderr] = [new Pipe(64 * 1024), new Pipe(64 * 1024)]
    const streams = {
      stdin: undefined,
      stdout,
      stderr,
      resizes: undefined,
      gone: new AbortController().signal,
      ...more,
    }
    const said = Promise.all([textOf(stdout), textOf(stderr)])
    const end = await runtime.sessions!.exec(place, ['sh', '-c', script], streams)
    stdout.end()
    stderr.end()
    const [out, err] = await said
    return { end, stdout: out, stderr: err }
  }

  test('a command says its words and its exit code', async () => {
    expect(await exec('echo out; echo err >&2; exit 3')).toEqual({
      end: { ended: 'exit', exitCode: 3 },
      stdout: 'out\n',
      stderr: 'err\n',
    })
  })

  test('what is given to it is read to its end', async () => {
    const { end, stdout } = await exec('cat; echo over', { stdin: given('one ', 'two ') })
    expect([end, stdout]).toEqual([{ ended: 'exit', exitCode: 0 }, 'one two over\n'])
  })

  test('nothing of a megabyte is lost', async () => {
    const { stdout } = await exec('head -c 1048576 /dev/zero | tr "\\000" x')
    expect(stdout.length).toBe(1_048_576)
    expect(stdout.replaceAll('x', '')).toBe('')
  })

  test('a terminal has a size', async () => {
    const { stdout, end } = await exec('sleep 0.5; busybox stty size', {
      stderr: undefined,
      resizes: sizes({ width: 91, height: 17 }),
    })
    expect([stdout, end]).toEqual(['17 91\r\n', { ended: 'exit', exitCode: 0 }])
  })

  test('what cannot be run is refused with the reason', async () => {
    const streams = { stdin: undefined, stdout: new Pipe(1000), stderr: undefined, resizes: undefined }
    const end = await runtime.sessions!.exec(place, ['/no/such'], { ...streams, gone: new AbortController().signal })
    expect(end.ended === 'failure' ? end.message : end).toMatch(/no such file or directory/)
    const nowhere = { ...place, containerId: 'containerd://nothing' }
    await expect(
      runtime.sessions!.exec(nowhere, ['true'], { ...streams, gone: new AbortController().signal }),
    ).rejects.toThrow(/not found/)
  })

  test('a session that nobody listens to any more ends', async () => {
    const gone = new AbortController()
    setTimeout(() => gone.abort(), 300)
    const startedMs = performance.now()
    expect((await exec('sleep 30', { gone: gone.signal })).end.ended).toBe('failure')
    expect(performance.now() - startedMs).toBeLessThan(5000)
  })

  test('attach hears what a container says, and tells it', async () => {
    const pod = await world().node.pod('host')
    const stdin = new Pipe(1000)
    const stdout = new Pipe(1000)
    const gone = new AbortController()
    const attached = runtime.sessions!.attach(placeOf(pod, 'reading'), {
      stdin,
      stdout,
      stderr: undefined,
      resizes: undefined,
      gone: gone.signal,
    })
    await stdin.write(Buffer.from('hello\n'))
    for await (const chunk of stdout) {
      expect(Buffer.from(chunk).toString()).toBe('read hello\n')
      break
    }
    gone.abort()
    await attached
  })

  test('a port of the pod is reached, and one that nobody listens to is refused', async () => {
    const server = createServer((socket) => socket.pipe(socket))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const pod = await world().node.pod('host')
    const output = new Pipe(64 * 1024)
    const signal = new AbortController().signal
    const said = textOf(output)
    await runtime.sessions!.connect(pod, port, { input: given('there ', 'and back'), output, gone: signal })
    expect(await said).toBe('there and back')
    await new Promise((resolve) => server.close(resolve))
    await expect(
      runtime.sessions!.connect(pod, port, { input: given('x'), output: new Pipe(1000), gone: signal }),
    ).rejects.toThrow(/refused/)
  })

  test('with its pod a session ends', async () => {
    const { node, gone } = world()
    const closed = runtime.sessions!.sandboxClosed(await node.pod('host'), new AbortController().signal)
    const running = exec('sleep 30')
    await node.deletePod('host', 0)
    await closed
    expect((await running).end).not.toEqual({ ended: 'exit', exitCode: 0 })
    await gone('host')
  })
})
