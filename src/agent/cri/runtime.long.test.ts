// Pods on a containerd of the test's own, by the whole agent: what the API is told, what the machine is left with.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { busybox } from '../../../test/containerd.ts'
import { containerdNode, idle, scripted } from '../../../test/containerd-node.ts'

describe('containerd', () => {
  const world = containerdNode()

  test('a pod runs, reads the node by a hostPath, is read by logs, and leaves nothing behind', async () => {
    const { node, gone } = world()
    mkdirSync(join(node.place.root, 'var/log/app'), { recursive: true })
    writeFileSync(join(node.place.root, 'var/log/app/messages'), 'a line of the node\n')
    await node.addPod('reader', {
      containers: [
        scripted('cat /host/app/messages; echo $GREETING; trap "exit 0" TERM; while true; do sleep 0.1; done', {
          env: [
            { name: 'GREETING', value: 'hello $(WHO)' },
            { name: 'WHO', value: 'node' },
          ],
          volumeMounts: [{ name: 'log', mountPath: '/host', readOnly: true }],
        }),
      ],
      volumes: [{ name: 'log', hostPath: { path: '/var/log', type: 'Directory' } }],
    })
    const pod = await node.until('reader', 'Running 1/1')
    expect(pod.status?.podIP).toBe('127.0.0.1')
    expect(pod.status?.containerStatuses?.[0]?.containerID).toMatch(/^containerd:\/\/[0-9a-f]{64}$/)
    expect(pod.status?.containerStatuses?.[0]?.imageID).toMatch(/^sha256:/)
    expect(await node.eventsOf('reader')).toEqual([
      `Normal Pulled: Container image "${busybox}" already present on machine and can be accessed by the pod`,
      'Normal Created: Container created',
      'Normal Started: Container started',
    ])
    await expect.poll(() => node.logs('reader')).toBe('a line of the node\nhello $(WHO)\n')
    const links = readdirSync(join(node.place.root, 'var/log/containers'))
    expect(links).toHaveLength(1)
    expect(links[0]).toMatch(/^reader_default_main-[0-9a-f]{64}\.log$/)
    expect(readFileSync(join(node.place.root, 'var/log/containers', links[0]!), 'utf8')).toContain('stdout F a line')
    await node.deletePod('reader')
    await gone('reader')
    await expect.poll(() => readdirSync(node.place.podLogs)).toEqual([])
    expect(readdirSync(join(node.place.root, 'var/log/containers'))).toEqual([])
    expect(existsSync(join(node.place.state, 'pods', pod.metadata.uid!))).toBe(false)
  })

  test('exit codes, the last word, and the log of the run before', async () => {
    const { node, gone } = world()
    await node.addPod('failing', {
      containers: [scripted('echo dying >&2; printf "no disk" > /dev/termination-log; exit 42')],
    })
    const pod = await node.until('failing', /restarts 1/, 20_000)
    const [status] = pod.status?.containerStatuses ?? []
    expect(status?.lastState?.terminated).toMatchObject({ exitCode: 42, reason: 'Error', message: 'no disk' })
    expect(await node.logs('failing', 'previous=true')).toBe('dying\n')
    await node.deletePod('failing', 0)
    await gone('failing')
  }, 30_000)

  test('a container that takes more than its limit is OOMKilled', async () => {
    const { node, gone } = world()
    await node.addPod('hungry', {
      restartPolicy: 'Never',
      containers: [scripted('x=a; while true; do x=$x$x; done', { resources: { limits: { memory: '24Mi' } } })],
    })
    const pod = await node.until('hungry', /^Failed/)
    expect(pod.status?.containerStatuses?.[0]?.state?.terminated?.reason).toBe('OOMKilled')
    await node.deletePod('hungry')
    await gone('hungry')
  })

  test('what cannot start says why: no image, no such command', async () => {
    const { node, gone } = world()
    await node.addPod('absent', { containers: [scripted('true', { image: 'localhost/everynode/nothing:1' })] })
    await node.until('absent', 'Pending 0/1 ErrImageNeverPull')
    await node.addPod('wrong', { containers: [scripted('', { command: ['/no/such/program'] })] })
    const pod = await node.until('wrong', 'Pending 0/1 RunContainerError')
    expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toContain('no such file or directory')
    await node.addPod('named', { containers: [scripted('true', { image: 'Not:An:Image' })] })
    await node.until('named', 'Pending 0/1 InvalidImageName')
    for (const name of ['absent', 'wrong', 'named']) {
      await node.deletePod(name)
      await gone(name)
    }
  })

  test('a container that ignores SIGTERM is killed when its grace is over', async () => {
    const { node, gone } = world()
    await node.addPod('stubborn', {
      terminationGracePeriodSeconds: 1,
      containers: [scripted('trap "" TERM; while true; do sleep 0.1; done')],
    })
    await node.until('stubborn', 'Running 1/1')
    const startedMs = performance.now()
    await node.deletePod('stubborn')
    await gone('stubborn')
    expect(performance.now() - startedMs).toBeGreaterThan(900)
  })

  test('L6 an agent that starts again finds what runs, and what ended meanwhile with its exit code', async () => {
    const { node, containersOf, gone } = world()
    await node.addPod('lasting', {
      containers: [scripted('while true; do sleep 0.1; done')],
      terminationGracePeriodSeconds: 0,
    })
    await node.addPod('ending', { restartPolicy: 'Never', containers: [scripted('sleep 1; exit 7')] })
    const before = await node.until('lasting', 'Running 1/1')
    await node.until('ending', 'Running 1/1')
    await node.stopAgent()
    await new Promise((resolve) => setTimeout(resolve, 1500))
    await node.startAgent()
    const ended = await node.until('ending', /^Failed/)
    expect(ended.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 7, reason: 'Error' })
    const after = await node.until('lasting', 'Running 1/1')
    expect(after.status?.containerStatuses).toEqual(before.status?.containerStatuses)
    expect(await containersOf('lasting')).toHaveLength(1)
    for (const name of ['lasting', 'ending']) {
      await node.deletePod(name)
      await gone(name)
    }
  })

  test('L6 pods that are deleted while there is no agent are taken away by the next', async () => {
    const { node, sandboxesOf, gone } = world()
    await node.addPod('orphan', { containers: [scripted('while true; do sleep 0.1; done')] })
    const { metadata } = await node.until('orphan', 'Running 1/1')
    await node.stopAgent()
    await node.deletePod('orphan', 0)
    expect(await sandboxesOf('orphan')).toHaveLength(1)
    await node.startAgent()
    await gone('orphan')
    await expect.poll(() => existsSync(join(node.place.state, 'pods', metadata.uid!))).toBe(false)
    await expect.poll(() => readdirSync(node.place.podLogs)).toEqual([])
  })

  test('L6 containerd may be killed: containers go on, and are stopped when it is back', async () => {
    const { containerd, node, containersOf, gone } = world()
    await node.addPod('through', { containers: [scripted(idle)] })
    const before = await node.until('through', 'Running 1/1')
    await containerd.kill()
    await node.deletePod('through')
    await node.until('through', 'Running 1/1 terminating')
    await containerd.start()
    expect((await containersOf('through')).map(({ id }) => `containerd://${id}`)).toEqual([
      before.status?.containerStatuses?.[0]?.containerID,
    ])
    await gone('through')
  }, 30_000)

  test('nothing is left on the machine', async () => {
    const { containerd } = world()
    await expect.poll(() => containerd.processes(), { timeout: 10_000 }).toEqual([])
  })
})
