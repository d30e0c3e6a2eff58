// exec, attach and port-forward into real processes.

import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GivenContainer, type ProcessWorld, processWorld, whyNoSandbox } from '../../../test/process-world.ts'
import type { ContainerEnd, ContainerStreams, TerminalSize } from '../../api/session.ts'
import type { Pod } from '../../api/types.ts'
import { Pipe } from '../../base/pipe.ts'
import type { ContainerPlace, RuntimeSessions } from '../runtime.ts'
import { findMachine } from './machine.ts'

let world: ProcessWorld
let count = 0

async function started(script: string, more: Partial<GivenContainer> = {}): Promise<ContainerPlace> {
  const pod = world.pod(`s${count++}`, { command: ['sh', '-c', script], ...more })
  const { running } = await world.start(pod)
  return { pod, container: pod.spec.containers[0]!, containerId: running.id }
}

interface Asked {
  readonly stdin?: AsyncIterable<Uint8Array>
  readonly sizes?: AsyncIterable<TerminalSize>
  readonly gone?: AbortSignal
}

/** Who asks takes everything at once. */
function streams({ stdin, sizes, gone }: Asked = {}) {
  const heard = { stdout: '', stderr: '' }
  const writer = (name: 'stdout' | 'stderr') => ({
    async write(chunk: Uint8Array) {
      heard[name] += Buffer.from(chunk).toString('utf8')
      return true
    },
    end() {},
  })
  const given: ContainerStreams = {
    stdin,
    stdout: writer('stdout'),
    stderr: sizes === undefined ? writer('stderr') : undefined,
    resizes: sizes,
    gone: gone ?? new AbortController().signal,
  }
  return { heard, given }
}

async function execute(place: ContainerPlace, script: string, asked: Asked = {}) {
  const { heard, given } = streams(asked)
  const end: ContainerEnd = await sessions().exec(place, ['sh', '-c', script], given)
  return { ...heard, end }
}

const sessions = (): RuntimeSessions => world.runtime.sessions!

async function* texts(...all: string[]) {
  for (const text of all) yield Buffer.from(text)
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await wait(10)
}

for (const mode of ['sandbox', 'plain'] as const) {
  describe.skipIf(mode === 'sandbox' && whyNoSandbox() !== undefined)(`a ${mode} process`, () => {
    beforeAll(() => {
      world = processWorld(mode === 'plain' ? { bwrap: undefined, noSandbox: 'bubblewrap is not installed' } : {})
    })
    afterAll(() => world.close())

    test('W12.5 exec: both streams and the exit code', async () => {
      const place = await started('sleep 100')
      const { stdout, stderr, end } = await execute(place, 'echo out; echo err >&2; exit 7')
      expect([stdout, stderr, end]).toEqual(['out\n', 'err\n', { ended: 'exit', exitCode: 7 }])
    })

    test('exec has the environment of the container, its directory and its user', async () => {
      const isRoot = process.getuid?.() === 0
      const own = isRoot ? { securityContext: { runAsUser: 1234, runAsGroup: 60 } } : {}
      const place = await started('sleep 100', { env: [{ name: 'A', value: 'b c' }], workingDir: '/usr', ...own })
      const { stdout } = await execute(place, 'echo $A; pwd; id -u; grep CapEff /proc/self/status')
      const id = isRoot ? '1234' : String(process.getuid?.())
      expect(stdout.split('\n').slice(0, 3)).toEqual(['b c', '/usr', id])
      expect(stdout).toContain('0000000000000000')
    })

    test.runIf(process.getuid?.() === 0)('exec has no more rights than the container', async () => {
      const more = { securityContext: { capabilities: { drop: ['ALL'], add: ['CHOWN'] } } }
      const place = await started('sleep 100', more)
      const { stdout } = await execute(place, 'grep CapEff /proc/self/status')
      expect(stdout.trim()).toBe('CapEff:\t0000000000000001')
    })

    test('what is sent in comes out, and its end ends it', async () => {
      const place = await started('sleep 100')
      const { stdout, end } = await execute(place, 'cat', { stdin: texts('a'.repeat(300_000), 'b\n') })
      expect(stdout.length).toBe(300_002)
      expect(end).toEqual({ ended: 'exit', exitCode: 0 })
    })

    test('it ends when nobody is at the other end any more', async () => {
      const place = await started('sleep 100')
      const gone = new AbortController()
      const ended = execute(place, 'while :; do echo x; sleep 0.02; done', { gone: gone.signal })
      await wait(200)
      gone.abort()
      expect((await ended).end.ended).toBe('failure')
      const { stdout } = await execute(place, mode === 'sandbox' ? 'ps ax | grep -c "while :" || true' : 'echo 1')
      expect(Number(stdout)).toBeLessThanOrEqual(2)
    })

    test.runIf(findMachine().script !== undefined)('with a terminal: one output, its size, its echo', async () => {
      const place = await started('sleep 100')
      const input = new Pipe(1000)
      const sizes = new Sizes()
      const { heard, given } = streams({ stdin: input, sizes })
      const ended = sessions().exec(place, ['sh'], given)
      await until(() => heard.stdout.includes('$ ') || heard.stdout.includes('# '))
      sizes.put({ width: 123, height: 45 })
      await wait(300)
      await input.write(Buffer.from('tty -s && echo yes; stty size; exit 3\r'))
      expect(await ended).toEqual({ ended: 'exit', exitCode: 3 })
      expect(heard.stdout).toContain('yes\r\n')
      expect(heard.stdout).toContain('45 123')
      sizes.end()
    })

    test('attach hears what it writes and says what it reads, until it ends', async () => {
      const place = await started('read line; echo got $line; exit 4', { stdin: true })
      const { heard, given } = streams({ stdin: texts('hello\n') })
      expect(await sessions().attach(place, given)).toEqual({ ended: 'exit', exitCode: 4 })
      expect(heard.stdout).toBe('got hello\n')
      expect(await world.logOf(place.pod)).toBe('got hello\n')
    })

    test('with stdinOnce what it reads ends with the first who is attached', async () => {
      const place = await started('cat; echo end', { stdin: true, stdinOnce: true })
      const gone = new AbortController()
      const { given } = streams({ stdin: texts('hello\n'), gone: gone.signal })
      const attached = sessions().attach(place, given)
      await wait(200)
      gone.abort()
      await attached
      await until(() => world.runtime.sessions !== undefined)
      for (let text = ''; !text.endsWith('end\n'); text = await world.logOf(place.pod)) await wait(20)
    })

    test('nobody gets into a container that has ended', async () => {
      const pod = world.pod(`s${count++}`, { command: ['true'] })
      const { running, exit } = await world.start(pod)
      await exit
      const place = { pod, container: pod.spec.containers[0]!, containerId: running.id }
      expect((await execute(place, 'true')).end).toEqual({ ended: 'failure', message: 'the container does not run' })
    })

    test('W12.6 a port is one of the machine', async () => {
      const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as { port: number }
      const pod = {} as Pod
      let text = ''
      const output = {
        async write(chunk: Uint8Array) {
          text += Buffer.from(chunk).toString('utf8')
          return true
        },
        end() {},
      }
      const { signal: gone } = new AbortController()
      await sessions().connect(pod, port, { input: texts('ping'), output, gone })
      expect(text).toBe('ping')
      await new Promise((resolve) => server.close(resolve))
      await expect(sessions().connect(pod, port, { input: texts(''), output, gone })).rejects.toThrow(
        'connection refused',
      )
    })

    test('who waits for a pod hears that it is removed', async () => {
      const place = await started('sleep 100')
      const removed = sessions().sandboxClosed(place.pod, new AbortController().signal)
      await world.runtime.closeSandbox(place.pod)
      await removed
    })
  })
}

class Sizes implements AsyncIterable<TerminalSize> {
  #waiting: ((result: IteratorResult<TerminalSize>) => void) | undefined

  put(value: TerminalSize): void {
    this.#waiting?.({ value, done: false })
  }

  end(): void {
    this.#waiting?.({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): AsyncIterator<TerminalSize> {
    return {
      next: () =>
        new Promise((resolve) => {
          this.#waiting = resolve
        }),
    }
  }
}
