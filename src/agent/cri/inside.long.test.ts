// What a container finds around it on a containerd: users, rights, limits, namespaces, environments and volumes, the order
// of its neighbours; and what becomes of its sandbox and its log.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { containerdNode, idle, scripted } from '../../../test/containerd-node.ts'
import { secrets } from '../../api/resources.ts'
import type { ApiObject, Container, PodSpec } from '../../api/types.ts'

describe('containerd', () => {
  const world = containerdNode({ logLimits: { fileBytes: 64 * 1024, files: 3, periodMs: 200 } })

  /** What a container says that runs to its end. */
  async function said(name: string, script: string, container: Partial<Container> = {}, pod: Partial<PodSpec> = {}) {
    const { node, away } = world()
    await node.addPod(name, { restartPolicy: 'Never', containers: [scripted(script, container)], ...pod })
    await node.until(name, /^Succeeded/)
    const text = await node.logs(name)
    await away(name)
    return text.trim()
  }

  const rows: [name: string, script: string, container: Partial<Container>, pod: Partial<PodSpec>, said: RegExp][] = [
    ['the image’s user', 'id -u', {}, {}, /^0$/],
    [
      'the pod’s user and group',
      'id -u; id -g; id -G',
      {},
      { securityContext: { runAsUser: 1000, runAsGroup: 3000, fsGroup: 2000 } },
      /^1000\n3000\n3000 2000$/,
    ],
    [
      'a read-only root',
      'touch /tmp/a 2>&1 || echo no',
      { securityContext: { readOnlyRootFilesystem: true } },
      {},
      /Read-only file system\nno$/,
    ],
    [
      'capabilities of its own',
      'grep CapEff /proc/self/status',
      { securityContext: { capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } } },
      {},
      /^CapEff:\t0000000000000400$/,
    ],
    [
      'all of them where it is privileged',
      'grep CapEff /proc/self/status',
      { securityContext: { privileged: true } },
      {},
      /^CapEff:\t00000[01]f/,
    ],
    [
      'no new privileges',
      'grep NoNewPrivs /proc/self/status',
      { securityContext: { allowPrivilegeEscalation: false } },
      {},
      /\t1$/,
    ],
    [
      'seccomp',
      'grep Seccomp: /proc/self/status',
      {},
      { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } },
      /\t2$/,
    ],
    ['processes of its own', 'echo $$$$', {}, {}, /^1$/],
    ['the node’s processes', 'ps | grep -c "[v]itest"', {}, { hostPID: true }, /^[1-9]/],
    ['the node’s name', 'hostname', {}, {}, /./],
    ['a working directory', 'pwd', { workingDir: '/var/log' }, {}, /^\/var\/log$/],
    [
      'fields of its pod',
      'echo $NAME $NODE',
      {
        env: [
          { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
        ],
      },
      {},
      /^row-11 n1$/,
    ],
  ]

  test.each(
    rows.map((row, index) => [...row, index] as const),
  )('%s', async (_, script, container, pod, wanted, index) => {
    expect(await said(`row-${index}`, script, container, pod)).toMatch(wanted)
  })

  test('limits are those of its control group', async () => {
    const resources = { requests: { cpu: '100m' }, limits: { cpu: '200m', memory: '64Mi' } }
    const groups = '/sys/fs/cgroup'
    const script = `cat ${groups}/memory/memory.limit_in_bytes ${groups}/cpu/cpu.cfs_quota_us ${groups}/cpu/cpu.shares || cat ${groups}/memory.max ${groups}/cpu.max`
    expect(await said('limited', `(${script}) 2>/dev/null`, { resources })).toMatch(
      /^67108864\n20000\n102$|^67108864\n20000 100000$/,
    )
  })

  test('secrets are an environment and files that others cannot read', async () => {
    const { node } = world()
    await node.client.create(secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'key', namespace: 'default' },
      data: { token: Buffer.from('s3cret').toString('base64') },
    } as ApiObject)
    const container: Partial<Container> = {
      env: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'key', key: 'token' } } }],
      volumeMounts: [{ name: 'key', mountPath: '/key', readOnly: true }],
    }
    const pod = { volumes: [{ name: 'key', secret: { secretName: 'key' } }] }
    expect(
      await said('secretive', 'echo $TOKEN $(cat /key/token); touch /key/a 2>&1 || echo no', container, pod),
    ).toMatch(/^s3cret s3cret\n.*\nno$/)
  })

  test('who must not be root is not', async () => {
    const { node, away } = world()
    await node.addPod('rootless', {
      containers: [scripted(idle)],
      securityContext: { runAsNonRoot: true, runAsUser: 0 },
    })
    const pod = await node.until('rootless', 'Pending 0/1 CreateContainerConfigError')
    expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toContain('breaks non-root policy')
    await away('rootless')
  })

  test('init containers, a sidecar and the container share a volume, in their order', async () => {
    const { node, away } = world()
    const volumeMounts = [{ name: 'shared', mountPath: '/shared' }]
    await node.addPod('ordered', {
      volumes: [{ name: 'shared', emptyDir: {} }],
      initContainers: [
        scripted('echo first >> /shared/order', { name: 'first', volumeMounts }),
        scripted(`echo sidecar >> /shared/order; ${idle}`, { name: 'sidecar', volumeMounts, restartPolicy: 'Always' }),
        scripted('sleep 0.3; echo last >> /shared/order', { name: 'last', volumeMounts }),
      ],
      containers: [scripted(`cat /shared/order; ${idle}`, { volumeMounts })],
    })
    await node.until('ordered', 'Running 1/1', 20_000)
    await expect.poll(() => node.logs('ordered', 'container=main')).toBe('first\nsidecar\nlast\n')
    await away('ordered')
  }, 30_000)

  test('a sandbox that somebody stops is opened anew, and told of', async () => {
    const { node, cri, sandboxesOf, away } = world()
    await node.addPod('moved', { containers: [scripted(idle)] })
    await node.until('moved', 'Running 1/1')
    const [before] = await sandboxesOf('moved')
    await cri.call('stopPodSandbox', { podSandboxId: before!.id })
    await node.until('moved', 'Running 1/1 restarts 1', 20_000)
    const [after, ...others] = await sandboxesOf('moved')
    expect(others).toEqual([])
    expect(after!.metadata?.attempt).toBe(1)
    expect(await node.eventsOf('moved')).toContain(
      'Normal SandboxChanged: Pod sandbox changed, it will be killed and re-created.',
    )
    await away('moved')
  }, 30_000)

  test('a log that grows is rotated, and who follows it misses nothing', async () => {
    const { node, away } = world()
    const script =
      'i=0; while [ $i -lt 4000 ]; do echo "line $i ................................"; i=$((i+1)); [ $((i % 400)) = 0 ] && sleep 0.3; done'
    await node.addPod('wordy', { restartPolicy: 'Never', containers: [scripted(`${script}; sleep 1`)] })
    await node.until('wordy', /Running|Succeeded/)
    const { metadata } = await node.pod('wordy')
    const text = await node.logs('wordy', 'follow=true')
    const numbers = text
      .split('\n')
      .filter(Boolean)
      .map((line) => Number(line.split(' ')[1]))
    expect(numbers).toEqual(Array.from({ length: 4000 }, (_, index) => index))
    const files = readdirSync(join(node.place.podLogs, `default_wordy_${metadata.uid}`, 'main'))
    expect(files.length).toBeGreaterThan(1)
    expect(files.length).toBeLessThanOrEqual(3)
    await away('wordy')
  }, 30_000)
})
