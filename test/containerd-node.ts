// A node whose pods run on a containerd of the test file's own.

import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { CriClient } from '../src/agent/cri/client.ts'
import type { ContainerTold, SandboxTold } from '../src/agent/cri/messages.ts'
import type { CriRuntimeOptions } from '../src/agent/cri/parts.ts'
import { createCriRuntime } from '../src/agent/cri/runtime.ts'
import type { Runtime } from '../src/agent/runtime.ts'
import type { Container } from '../src/api/types.ts'
import { busybox, noContainerd, startContainerd, type TestContainerd } from './containerd.ts'
import { type RealNode, realNode } from './real-node.ts'

export interface ContainerdNode {
  readonly containerd: TestContainerd
  readonly node: RealNode
  readonly cri: CriClient
  containersOf(pod: string): Promise<readonly ContainerTold[]>
  sandboxesOf(pod: string): Promise<readonly SandboxTold[]>
  /** Waits until neither the API nor containerd has anything of the pod. */
  gone(pod: string): Promise<void>
  /** Deletes it, and waits. */
  away(pod: string): Promise<void>
}

/** Within a describe: there is one for all its tests, made before and gone after them; without containerd they are skipped. */
export function containerdNode(
  more: Partial<CriRuntimeOptions> = {},
  made: (runtime: Runtime) => void = () => {},
  start: () => Promise<TestContainerd> = startContainerd,
): () => ContainerdNode {
  let world: ContainerdNode | undefined
  const why = noContainerd()
  beforeEach((context) => {
    if (why !== undefined) context.skip(`no containers: ${why}`)
  })
  beforeAll(async () => {
    if (why !== undefined) return
    const containerd = await start()
    const cri = new CriClient(containerd.socketPath)
    const make = (parts: Omit<CriRuntimeOptions, 'socketPath'>) =>
      createCriRuntime({ ...parts, ...more, socketPath: containerd.socketPath }).then((runtime) => {
        made(runtime)
        return runtime
      })
    const node = await realNode('n1', make)
    const filterOf = (pod: string) => ({ labelSelector: { 'io.kubernetes.pod.name': pod } })
    const containersOf = async (pod: string) => (await cri.call('listContainers', { filter: filterOf(pod) })).containers
    const sandboxesOf = async (pod: string) => (await cri.call('listPodSandbox', { filter: filterOf(pod) })).items
    async function gone(pod: string): Promise<void> {
      await node.until(pod, 'gone')
      await expect.poll(() => sandboxesOf(pod), { timeout: 10_000 }).toEqual([])
      await expect.poll(() => containersOf(pod), { timeout: 10_000 }).toEqual([])
    }
    const away = async (pod: string) => {
      await node.deletePod(pod, 0)
      await gone(pod)
    }
    world = { containerd, node, cri, containersOf, sandboxesOf, gone, away }
  })
  afterAll(async () => {
    world?.cri.close()
    await world?.node.remove()
    await world?.containerd.remove()
  })
  return () => world!
}

/** A container of the busybox image that runs this script. */
export function scripted(script: string, more: Partial<Container> = {}): Container {
  return { name: 'main', image: busybox, imagePullPolicy: 'Never', command: ['sh', '-c', script], ...more }
}

/** Ends on SIGTERM, and not before. */
export const idle = 'trap "exit 0" TERM; while true; do sleep 0.1; done'
