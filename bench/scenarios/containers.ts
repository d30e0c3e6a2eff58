// Pods on containerd: what the agent's runtime adds to what containerd takes by itself, and how many start in a second.

import { mkdirSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { CriClient } from '../../src/agent/cri/client.ts'
import { containerConfigOf, sandboxConfigOf } from '../../src/agent/cri/config.ts'
import { createCriRuntime } from '../../src/agent/cri/runtime.ts'
import type { Launch, NodePlace, PodMaterials } from '../../src/agent/materials.ts'
import type { Runtime } from '../../src/agent/runtime.ts'
import type { Pod } from '../../src/api/types.ts'
import { silentLog } from '../../src/base/log.ts'
import { systemClock } from '../../src/cli/host/system.ts'
import { createClient } from '../../src/client/client.ts'
import { busybox, noContainerd, startContainerd } from '../../test/containerd.ts'
import type { Scenario } from '../scenario.ts'
import { quantile } from '../statistics.ts'

const counts = { alone: 10, atOnce: 20 } as const

export const containers: Scenario = {
  name: 'containers',
  question: 'pods of one container on containerd, one after the other and twenty at once',
  runs: 3,
  metrics: [
    { name: 'a pod starts within', unit: 'ms' },
    { name: 'above containerd alone', unit: 'ms', goal: { id: 'I5', better: 'less', must: 20, moonshot: 10 } },
    { name: 'pods started, twenty at once', unit: '/s' },
    { name: 'pods taken away, twenty at once', unit: '/s' },
  ],

  async run({ directory, say }) {
    const why = noContainerd()
    if (why !== undefined) throw new Error(`no containers: ${why}`)
    const containerd = await startContainerd()
    const cri = new CriClient(containerd.socketPath)
    const place: NodePlace = {
      nodeName: 'bench',
      root: directory,
      state: join(directory, 'state'),
      podLogs: join(directory, 'var/log/pods'),
    }
    mkdirSync(place.podLogs, { recursive: true })
    const runtime = await createCriRuntime({
      socketPath: containerd.socketPath,
      place,
      materials: nothing,
      client: createClient({ send: () => Promise.reject(new Error('no server')), userAgent: 'everynode-bench/1' }),
      clock: systemClock,
      log: silentLog,
      hostIP: () => '127.0.0.1',
    })
    try {
      await bare(cri, place, 'warm')
      const ours: number[] = []
      const theirs: number[] = []
      for (let index = 0; index < counts.alone; index++) {
        theirs.push(await timed(() => bare(cri, place, `bare-${index}`)))
        ours.push(await timed(() => started(runtime, podOf(`ours-${index}`))))
      }
      say(`alone: ${quantile(ours, 0.5).toFixed(0)} ms, containerd ${quantile(theirs, 0.5).toFixed(0)} ms`)
      const pods = Array.from({ length: counts.atOnce }, (_, index) => podOf(`many-${index}`))
      const startMs = await timed(() => Promise.all(pods.map((pod) => started(runtime, pod))))
      const stopMs = await timed(() => Promise.all(pods.map((pod) => runtime.closeSandbox(pod))))
      return {
        'a pod starts within': quantile(ours, 0.5),
        'above containerd alone': quantile(ours, 0.5) - quantile(theirs, 0.5),
        'pods started, twenty at once': (1000 * counts.atOnce) / startMs,
        'pods taken away, twenty at once': (1000 * counts.atOnce) / stopMs,
      }
    } finally {
      await runtime.close()
      cri.close()
      await containerd.remove()
    }
  },
}

const command = ['sh', '-c', 'trap "exit 0" TERM; while true; do sleep 1; done']

/** The three calls that a pod takes at the least, with the same configurations. */
async function bare(cri: CriClient, place: NodePlace, name: string): Promise<void> {
  const pod = podOf(name)
  const [container] = pod.spec.containers
  const sandboxConfig = sandboxConfigOf(pod, { ...place, nodeName: 'bare' }, 0)
  mkdirSync(sandboxConfig.logDirectory!)
  const { podSandboxId } = await cri.call('runPodSandbox', { config: sandboxConfig })
  const config = containerConfigOf({
    pod,
    container: container!,
    attempt: 0,
    launch: await nothing.launch(pod, container!, { podIP: '', hostIP: '' }),
    place,
    imageRef: busybox,
    imageUser: { uid: 0, username: '' },
    memoryCapacityBytes: totalmem(),
  })
  const { containerId } = await cri.call('createContainer', { podSandboxId, config, sandboxConfig })
  await cri.call('startContainer', { containerId })
}

async function started(runtime: Runtime, pod: Pod): Promise<void> {
  await runtime.openSandbox(pod)
  const [container] = pod.spec.containers
  await runtime.imageID(pod, busybox)
  await runtime.startContainer(pod, container!, 0, () => {})
}

function podOf(name: string): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'bench', uid: name },
    spec: { hostNetwork: true, containers: [{ name: 'main', image: busybox, command: [...command] }] },
  }
}

/** Volumes have a bench of their own. */
const nothing: PodMaterials = {
  setUp: async () => {},
  launch: async (_pod, container): Promise<Launch> => ({
    command: container.command ?? [],
    args: [],
    workingDir: undefined,
    env: [],
    mounts: [],
  }),
  tearDown: async () => {},
  leftovers: async () => [],
  tearDownUid: async () => {},
  close: async () => {},
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await act()
  return performance.now() - startedMs
}
