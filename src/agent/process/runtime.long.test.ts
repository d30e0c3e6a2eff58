// The process runtime with real processes: what a container sees, how it ends, and that nothing is left of it.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type GivenContainer,
  nodePlace,
  type ProcessWorld,
  processWorld,
  whyNoSandbox,
} from '../../../test/process-world.ts'
import { lastWordsFile } from '../materials/termination-message.ts'
import type { Mount } from '../materials.ts'
import { RuntimeRefusal } from '../runtime.ts'
import { findMachine } from './machine.ts'

const isRoot = process.getuid?.() === 0
let world: ProcessWorld
let count = 0

function container(script: string, more: Partial<GivenContainer> = {}) {
  return world.pod(`p${count++}`, { command: ['sh', '-c', script], ...more })
}

async function output(script: string, more: Partial<GivenContainer> = {}): Promise<string> {
  return (await world.ran(container(script, more))).text
}

async function refusal(more: Partial<GivenContainer>, spec = {}): Promise<string> {
  const error = await world.start(world.pod(`p${count++}`, more, spec)).catch((refused) => refused)
  expect(error).toBeInstanceOf(RuntimeRefusal)
  return `${error.reason}: ${error.message}`
}

function mounted(target: string, source: string, more: Partial<Mount> = {}): Mount {
  return { source, target, readOnly: false, isDirectory: true, propagation: 'None', ...more }
}

for (const mode of ['sandbox', 'plain'] as const) {
  describe.skipIf(mode === 'sandbox' && whyNoSandbox() !== undefined)(`as a ${mode} process`, () => {
    beforeAll(() => {
      world = processWorld(mode === 'plain' ? { bwrap: undefined, noSandbox: 'bubblewrap is not installed' } : {})
    })
    afterAll(() => world.close())

    test('it runs, writes to both streams, and its exit code is known', async () => {
      const { exit, text } = await world.ran(container('echo out; echo err >&2; exit 3'))
      expect(text.split('\n').sort()).toEqual(['', 'err', 'out'])
      expect(exit).toMatchObject({ exitCode: 3, reason: 'Error' })
      expect((await world.ran(container('true'))).exit).toMatchObject({ exitCode: 0, reason: 'Completed' })
    })

    test('its environment is what it is given, a path and a home, and nothing of the agent', async () => {
      const text = await output('env', { env: [{ name: 'A', value: 'a b\nc' }] })
      const names = text.split('\n').flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? [])
      const own = mode === 'plain' ? ['EVERYNODE_RUN'] : []
      expect(names.filter((name) => name !== 'SHLVL' && name !== '_').sort()).toEqual(
        ['A', 'HOME', 'PATH', 'PWD', ...own].sort(),
      )
      expect(text).toContain('A=a b\nc\n')
    })

    test('asked to end it gets SIGTERM', async () => {
      const { running, exit } = await world.start(
        container('trap "echo bye; exit 5" TERM; while :; do sleep 0.05; done'),
      )
      await wait(100)
      running.stop(10_000)
      expect(await exit).toMatchObject({ exitCode: 5 })
    })

    test('M5 what ignores it is killed after the grace period, which a later call can only shorten', async () => {
      const pod = container('trap "" TERM; while :; do sleep 0.05; done')
      const { running, exit } = await world.start(pod)
      await wait(100)
      const atMs = Date.now()
      running.stop(60_000)
      running.stop(300)
      running.stop(60_000)
      expect(await exit).toMatchObject({ exitCode: 137, reason: 'Error' })
      expect(Date.now() - atMs).toBeGreaterThanOrEqual(290)
      expect(Date.now() - atMs).toBeLessThan(20_000)
    })

    test('everything it has started ends with it, wherever it went', async () => {
      const file = join(world.directory, `beat-${count}`)
      writeFileSync(file, '')
      const script = `(setsid sh -c 'while :; do echo >> /beat; sleep 0.02; done' &) ; sleep 0.2`
      const more = mode === 'sandbox' ? { mounts: [mounted('/beat', file, { isDirectory: false })] } : {}
      await world.ran(container(mode === 'sandbox' ? script : script.replace('/beat', file), more))
      const size = readFileSync(file).length
      expect(size).toBeGreaterThan(0)
      await wait(200)
      expect(readFileSync(file).length).toBe(size)
    })

    test('what it cannot run waits with the reason and the cure', async () => {
      expect(await refusal({})).toMatch(/^CreateContainerError: no command specified: .*give the container a command/)
      expect(await refusal({ command: ['no-such-program'] })).toMatch(
        /^RunContainerError: exec: "no-such-program": executable file not found in \$PATH: .*install it there/,
      )
      expect(await refusal({ command: ['/etc/passwd'] })).toMatch(/^RunContainerError: .*permission denied/)
      const twoWays: Mount = mounted('/x', '/tmp', { propagation: 'Bidirectional' })
      expect(await refusal({ command: ['true'], mounts: [twoWays] } as Partial<GivenContainer>)).toMatch(
        /runtimeClassName cri/,
      )
    })

    test.runIf(isRoot && findMachine().cgroups.memory !== undefined)('R the memory limit holds', async () => {
      const limited = { resources: { limits: { memory: '32Mi' } } }
      const { exit } = await world.ran(container('head -c 200000000 /dev/zero | tail', limited))
      expect(exit.reason).toBe('OOMKilled')
    })

    test.runIf(isRoot)('it runs as the user, group and groups it asks for', async () => {
      const spec = { securityContext: { supplementalGroups: [70], fsGroup: 80 } }
      const asked = { command: ['id'], securityContext: { runAsUser: 1234, runAsGroup: 60 } }
      const { text } = await world.ran(world.pod(`p${count++}`, asked, spec))
      expect(text.replaceAll(/\([^)]*\)/g, '')).toBe('uid=1234 gid=60 groups=60,70,80\n')
    })

    test.runIf(isRoot)('capabilities it does not want it does not have', async () => {
      const capabilities = async (asked: object) => {
        const text = await output('grep CapEff /proc/self/status', { securityContext: { capabilities: asked } })
        return text.trim().split('\t')[1]
      }
      expect(await capabilities({ drop: ['ALL'] })).toBe('0000000000000000')
      expect(await capabilities({ drop: ['ALL'], add: ['CHOWN'] })).toBe('0000000000000001')
      expect(await capabilities({ drop: ['CHOWN'] })).toBe('00000000a80425fa')
      const all = BigInt(`0x${await capabilities({ add: ['ALL'] })}`)
      expect(BigInt(`0x${await capabilities({ add: ['ALL'], drop: ['CHOWN'] })}`)).toBe(all - 1n)
    })

    test('an agent that is killed and started again finds it, and hears its end', async () => {
      const pod = container('echo before; sleep 0.6; echo after; exit 9')
      await world.start(pod)
      await world.restart()
      const recovered = world.runtime.recover(pod)
      const exit = new Promise((resolve) => {
        const attached = recovered?.attach(pod.spec.containers[0]!, (happening) => {
          if (happening.type === 'exited') resolve(happening.exit)
        })
        expect(attached?.id).toBe(`process://${pod.metadata.uid}-main-0`)
      })
      expect(await exit).toMatchObject({ exitCode: 9 })
      expect(await world.logOf(pod)).toBe('before\nafter\n')
    })

    test('one that ended while there was no agent: its exit code is known', async () => {
      const pod = container('exit 9')
      await world.ran(pod)
      await world.restart()
      const exit = new Promise((resolve) => {
        world.runtime.recover(pod)?.attach(pod.spec.containers[0]!, (happening) => {
          if (happening.type === 'exited') resolve(happening.exit)
        })
      })
      expect(await exit).toMatchObject({ exitCode: 9 })
    })

    test('a keeper that is killed is replaced, and the next one goes on with what runs', async () => {
      const shared = join(world.directory, `shared-${count}`)
      mkdirSync(shared)
      const script = 'echo before; until [ -e /shared/go ]; do sleep 0.05; done; echo after; exit 9'
      const more = mode === 'sandbox' ? { mounts: [mounted('/shared', shared)] } : {}
      const pod = container(mode === 'sandbox' ? script : script.replace('/shared', shared), more)
      const { exit } = await world.start(pod)
      process.kill(world.keeperPid()!, 'SIGKILL')
      // The next one answers once it has found what there is.
      await world.ran(container('true'))
      writeFileSync(join(shared, 'go'), '')
      expect(await exit).toMatchObject({ exitCode: 9 })
      expect(await world.logOf(pod)).toBe('before\nafter\n')
    })

    test('a run is started once, however often it is asked for', async () => {
      const pod = container('echo once; sleep 0.3')
      const first = await world.start(pod)
      await world.restart()
      const second = await world.start(pod)
      expect(second.running.id).toBe(first.running.id)
      await second.exit
      expect(await world.logOf(pod)).toBe('once\n')
    })

    test('the log of the run before is kept, that of older ones is not', async () => {
      const pod = container('echo $0 $PPID')
      for (const attempt of [0, 1, 2]) await (await world.start(pod, attempt)).exit
      expect(await world.logOf(pod, 2)).not.toBe('')
      expect(await world.logOf(pod, 1)).not.toBe('')
      expect(await world.logOf(pod, 0)).toBe('')
    })

    test('a pod that is removed leaves nothing', async () => {
      const pod = container('sleep 100')
      await world.start(pod)
      await world.runtime.closeSandbox(pod)
      expect(world.runtime.kept()).not.toContain(pod.metadata.uid)
      expect(existsSync(join(world.directory, 'logs', `default_${pod.metadata.name}_${pod.metadata.uid}`))).toBe(false)
    })

    if (mode === 'plain') return
    describe('in its own namespaces', () => {
      test('the machine is read-only, /tmp is its own, processes are its own', async () => {
        const text = await output(
          'touch /etc/x /usr/x /x; echo $$; ls /tmp; ls /proc | grep -c "^[0-9]"; echo ok > /tmp/x && cat /tmp/x',
        )
        expect(text.match(/Read-only file system/g)).toHaveLength(3)
        expect(text).toMatch(/ok\n$/)
        const shown = Number(/^\d+$/m.exec(text.split('\n').slice(-3)[0]!)?.[0])
        expect(shown).toBeLessThan(10)
      })

      test('with hostPID the processes are the machine’s, and all of its own end with it', async () => {
        const script = '(setsid sleep 321 &); trap "exit 5" TERM; echo $$; while :; do sleep 0.05; done'
        const pod = world.pod(`p${count++}`, { command: ['sh', '-c', script] }, { hostPID: true })
        const { running, exit } = await world.start(pod)
        await wait(200)
        const pid = Number(await world.logOf(pod))
        expect(existsSync(`/proc/${pid}`)).toBe(true)
        running.stop(5_000)
        expect((await exit).exitCode).toBe(5)
        expect(existsSync(`/proc/${pid}`)).toBe(false)
      })

      test('what the cluster keeps is out of sight', async () => {
        mkdirSync(join(world.directory, 'state'), { recursive: true })
        expect(await output(`ls ${world.directory} 2>&1; ls /root /home`)).toMatch(
          /No such file or directory\n\/home:\n\n\/root:\n$/,
        )
      })

      test('mounts are where they are wanted, whatever the machine has there', async () => {
        const source = join(world.directory, `volume-${count}`)
        mkdirSync(source)
        writeFileSync(join(source, 'a'), 'in the volume')
        const file = join(source, 'a')
        const targets = ['/no/such/place', '/etc/no-such/deep', '/var/run/secrets/x', '/usr/share/no-such', '/mnt']
        const mounts = [
          ...targets.map((target) => mounted(target, source, { readOnly: true })),
          mounted('/etc/no-such-file', file, { isDirectory: false, readOnly: true }),
          mounted('/data', source),
        ]
        const cat = `cat ${targets.map((target) => `${target}/a`).join(' ')} /etc/no-such-file`
        const text = await output(
          `${cat}; touch /mnt/x; echo; grep -c root /etc/passwd; echo b > /data/b; ls /usr/share | wc -l`,
          { mounts },
        )
        expect(text.match(/in the volume/g)).toHaveLength(6)
        expect(text).toContain('Read-only file system')
        expect(readFileSync(join(source, 'b'), 'utf8')).toBe('b\n')
        expect(existsSync('/etc/no-such')).toBe(false)
      })

      test('its last words are its message, else the end of its log where it asks for that', async () => {
        const pod = container('echo why > /dev/termination-log; exit 1')
        const words = lastWordsFile({ ...nodePlace(world.directory) }, pod.metadata.uid!, 'main')
        mkdirSync(dirname(words), { recursive: true })
        writeFileSync(words, '')
        ;(pod.spec.containers[0] as GivenContainer).mounts = [
          mounted('/dev/termination-log', words, { isDirectory: false }),
        ]
        expect((await world.ran(pod)).exit.message).toBe('why\n')
        const logs = container('echo one; echo two; exit 1', { terminationMessagePolicy: 'FallbackToLogsOnError' })
        expect((await world.ran(logs)).exit.message).toBe('one\ntwo\n')
      })

      test('/dev/stdout can be opened, also by another user', async () => {
        expect(await output('echo x > /dev/stdout; echo y >> /dev/stderr')).toBe('x\ny\n')
        if (!isRoot) return
        expect(await output('echo x > /dev/stdout', { securityContext: { runAsUser: 1000 } })).toBe('x\n')
      })

      test.runIf(isRoot)('capabilities: the usual ones, more, fewer', async () => {
        const capabilities = async (asked: object) => {
          const text = await output('grep CapEff /proc/self/status', { securityContext: asked })
          return text.trim().split('\t')[1]
        }
        expect(await capabilities({})).toBe('00000000a80425fb')
        expect(await capabilities({ capabilities: { drop: ['ALL'] } })).toBe('0000000000000000')
        expect(await capabilities({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } })).toBe(
          '0000000000000400',
        )
        expect(await capabilities({ runAsUser: 1000 })).toBe('0000000000000000')
        expect(await capabilities({ capabilities: { add: ['SYS_TIME'] } })).toBe('00000000aa0425fb')
      })

      test('with a read-only root also its own directories are', async () => {
        expect(await output('touch /tmp/x /run/x', { securityContext: { readOnlyRootFilesystem: true } })).toMatch(
          /^(touch: .*Read-only file system\n){2}$/,
        )
      })
    })
  })
}
