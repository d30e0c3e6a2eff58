// What a pod is given and how it is watched, seen from within: the same pods as host processes and as containers.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createProcessRuntime } from '../src/agent/process/runtime.ts'
import { configMaps, secrets, serviceAccounts } from '../src/api/resources.ts'
import type { ApiObject, Container, PodSpec } from '../src/api/types.ts'
import { containerdNode, idle, scripted } from './containerd-node.ts'
import { whyNoSandbox } from './process-world.ts'
import { type RealNode, realNode } from './real-node.ts'

let node: RealNode
let count = 0

async function add(resource: typeof configMaps, name: string, fields: object): Promise<void> {
  await node.client.create<ApiObject>(resource, { metadata: { name, namespace: 'default' }, ...fields } as ApiObject)
}

/** A pod of one container that runs this script and then waits for its end. */
async function run(script: string, more: Partial<Container> = {}, spec: Partial<PodSpec> = {}): Promise<string> {
  const name = `p${count++}`
  await node.addPod(name, { containers: [scripted(`${script}\n${idle}`, more)], ...spec })
  return name
}

/** A port that nobody has at this moment. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function pods(): void {
  afterEach(async () => {
    for (let n = 0; n < count; n++) {
      if ((await node.line(`p${n}`)) !== 'gone') await node.deletePod(`p${n}`, 0)
      await node.until(`p${n}`, 'gone')
    }
    await expect.poll(() => readdirSync(`${node.place.state}/pods`), { timeout: 5000 }).toEqual([])
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
    expect(mounts.filter((line) => line.includes(node.directory))).toEqual([])
  })

  test('a container reads what its volumes show, may not write it, and sees it change', async () => {
    await add(configMaps, `settings${count}`, { data: { level: 'info', other: 'x' } })
    await add(secrets, `login${count}`, { data: { key: 'czNjcmV0' } })
    const script = `
      cat /c/level; echo; cat /s/key; echo; cat /me/labels; echo; cat /one; echo
      (echo x > /c/level) 2>/dev/null || echo read-only
      echo shared > /scratch/file; cat /below/file
      until [ "$(cat /c/level)" = debug ]; do sleep 0.1; done; echo changed; cat /one; echo`
    const volumeMounts = [
      { name: 'c', mountPath: '/c' },
      { name: 'c', mountPath: '/one', subPath: 'level' },
      { name: 's', mountPath: '/s' },
      { name: 'me', mountPath: '/me' },
      { name: 'e', mountPath: '/scratch', subPath: 'deep/er' },
      { name: 'e', mountPath: '/below', subPath: 'deep/er' },
    ]
    const settings = `settings${count}`
    const pod = await run(
      script,
      { volumeMounts },
      {
        volumes: [
          { name: 'c', configMap: { name: settings } },
          { name: 's', secret: { secretName: `login${count}`, defaultMode: 0o400 } },
          { name: 'me', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.name' } }] } },
          { name: 'e', emptyDir: {} },
        ],
      },
    )
    await node.until(pod, 'Running 1/1')
    await expect.poll(() => node.logs(pod)).toBe(`info\ns3cret\n${pod}\ninfo\nread-only\nshared\n`)
    const at = { namespace: 'default', name: settings }
    await node.client.patch(configMaps, at, { type: 'merge', body: { data: { level: 'debug' } } })
    // As everywhere: what is mounted by a subPath stays what it was.
    await expect.poll(() => node.logs(pod), { timeout: 5000 }).toMatch(/shared\nchanged\ninfo\n$/)
  })

  test('a container has a token, its environment, its hosts and last words', async () => {
    await add(serviceAccounts, 'default', {}).catch(() => {})
    const script = `
      wc -l < /access/token; grep -c . /access/namespace; echo "$NODE $IP $CPU"
      grep -c Kubernetes-managed /etc/hosts; echo bye > /dev/termination-log; exit 3`
    const sources = [
      { serviceAccountToken: { path: 'token', expirationSeconds: 600 } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ]
    const env = [
      { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
    ]
    const pod = await run(
      script,
      { env, volumeMounts: [{ name: 'access', mountPath: '/access' }] },
      {
        restartPolicy: 'Never',
        volumes: [{ name: 'access', projected: { sources } }],
      },
    )
    const { status } = await node.until(pod, /Failed/)
    expect(await node.logs(pod)).toBe('0\n1\nn1 127.0.0.1 2\n1\n')
    expect(status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 3, message: 'bye\n' })
  })

  test('what cannot be mounted is told, and comes with the next try', async () => {
    const pod = await run(
      'cat /c/k; echo',
      { volumeMounts: [{ name: 'c', mountPath: '/c' }] },
      {
        volumes: [{ name: 'c', configMap: { name: `late${count}` } }],
      },
    )
    const wanted = `Warning FailedMount: MountVolume.SetUp failed for volume "c" : configmap "late${count - 1}" not found`
    await expect.poll(() => node.eventsOf(pod), { timeout: 5000 }).toContain(wanted)
    await add(configMaps, `late${count - 1}`, { data: { k: 'there' } })
    await node.until(pod, 'Running 1/1', 15_000)
    await expect.poll(() => node.logs(pod)).toBe('there\n')
  }, 25_000)

  test('probes over HTTP and TCP: ready when it answers, restarted when it no longer does', async () => {
    const port = await freePort()
    const script = `
      mkdir -p /tmp/w && cd /tmp/w && rm -f ok && echo started
      busybox httpd -f -p 127.0.0.1:${port} -h /tmp/w & server=$!
      sleep 1.2; echo yes > ok; sleep 3; kill $server; echo ended`
    const pod = await run(
      script,
      {
        readinessProbe: { httpGet: { path: '/ok', port, host: '127.0.0.1' }, periodSeconds: 1, failureThreshold: 1 },
        livenessProbe: {
          tcpSocket: { port, host: '127.0.0.1' },
          periodSeconds: 1,
          failureThreshold: 2,
          initialDelaySeconds: 1,
        },
        volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
      },
      { volumes: [{ name: 'tmp', emptyDir: {} }], terminationGracePeriodSeconds: 2 },
    )
    await node.until(pod, 'Running 0/1')
    await node.until(pod, 'Running 1/1')
    await node.until(pod, /restarts 1/, 20_000)
    const told = await node.eventsOf(pod)
    expect(told).toContain('Warning Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 404')
    expect(told).toContain(
      `Warning Unhealthy: Liveness probe failed: dial tcp 127.0.0.1:${port}: connect: connection refused`,
    )
    expect(told).toContain('Normal Killing: Container main failed liveness probe, will be restarted')
  }, 40_000)

  test('probes and hooks by commands run inside the container', async () => {
    const command = (script: string) => ({ exec: { command: ['sh', '-c', script] } })
    const pod = await run(
      'echo started',
      {
        volumeMounts: [{ name: 'w', mountPath: '/w' }],
        startupProbe: { ...command('cat /w/prepared'), periodSeconds: 1 },
        readinessProbe: { ...command('test -e /w/ready || { echo not yet; exit 1; }'), periodSeconds: 1 },
        lifecycle: {
          postStart: command('sleep 1; echo yes > /w/prepared'),
          preStop: command('echo bye > /w/stopped; echo last > /proc/1/fd/1 2>/dev/null; sleep 0.5'),
        },
      },
      { volumes: [{ name: 'w', hostPath: { path: '/work-of-hooks', type: 'DirectoryOrCreate' } }] },
    )
    await node.until(pod, 'Running 0/1')
    const work = `${node.place.root}/work-of-hooks`
    await expect
      .poll(() => node.eventsOf(pod), { timeout: 8000 })
      .toContain('Warning Unhealthy: Readiness probe failed: not yet\n')
    expect(readFileSync(`${work}/prepared`, 'utf8')).toBe('yes\n')
    writeFileSync(`${work}/ready`, '')
    await node.until(pod, 'Running 1/1')
    await node.deletePod(pod)
    await node.until(pod, 'gone')
    expect(readFileSync(`${work}/stopped`, 'utf8')).toBe('bye\n')
    rmSync(work, { recursive: true })
  }, 30_000)

  test('an agent that starts again follows the volumes and probes of pods that go on', async () => {
    const settings = `settings${count}`
    await add(configMaps, settings, { data: { level: 'info' } })
    const port = await freePort()
    const script = `busybox httpd -f -p 127.0.0.1:${port} -h /c & last=; while :; do now=$(cat /c/level); [ "$now" = "$last" ] || echo "$now"; last=$now; sleep 0.1; done`
    const pod = await run(
      script,
      {
        readinessProbe: { httpGet: { path: '/level', port, host: '127.0.0.1' }, periodSeconds: 1 },
        volumeMounts: [{ name: 'c', mountPath: '/c' }],
      },
      { volumes: [{ name: 'c', configMap: { name: settings } }] },
    )
    const before = await node.until(pod, 'Running 1/1')
    await node.restartAgent()
    const at = { namespace: 'default', name: settings }
    await node.client.patch(configMaps, at, { type: 'merge', body: { data: { level: 'debug' } } })
    await expect.poll(() => node.logs(pod), { timeout: 5000 }).toBe('info\ndebug\n')
    const after = await node.until(pod, 'Running 1/1')
    expect(after.status?.containerStatuses?.[0]?.containerID).toBe(before.status?.containerStatuses?.[0]?.containerID)
    expect(after.status?.conditions).toEqual(before.status?.conditions)
  }, 25_000)
}

describe.skipIf(whyNoSandbox() !== undefined)('as processes', () => {
  beforeAll(async () => {
    node = await realNode('n1', async (parts) => createProcessRuntime({ ...parts, hidden: [parts.place.state] }))
  })
  afterAll(() => node.remove())
  pods()
})

describe('as containers', () => {
  const world = containerdNode()
  beforeEach(() => {
    node = world().node
  })
  pods()
})
