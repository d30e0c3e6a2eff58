// Pods with a network of their own on containerd, in a network namespace that stands for the machine: addresses, ports of
// the host, and what is told where a node has no network for them.
import { execFileSync } from 'node:child_process'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { noContainerd, noNetworks, startContainerd } from '../../../test/containerd.ts'
import { containerdNode, idle, scripted } from '../../../test/containerd-node.ts'

describe('a network for pods', () => {
  const why = noContainerd() ?? noNetworks()
  const namespace = `everynode-${process.pid}`
  const ip = (...words: string[]) => execFileSync('ip', words, { encoding: 'utf8' })
  beforeEach((context) => {
    if (why !== undefined) context.skip(`no networks: ${why}`)
  })
  const world = containerdNode(
    {},
    () => {},
    () => {
      ip('netns', 'add', namespace)
      ip('-n', namespace, 'link', 'set', 'lo', 'up')
      return startContainerd(['nsenter', `--net=/run/netns/${namespace}`], true)
    },
  )

  afterAll(() => {
    if (why === undefined) ip('netns', 'del', namespace)
  })

  /** What somebody on the machine reads from there. */
  function read(host: string, port: number): string {
    const script = `exec 3<>/dev/tcp/${host}/${port}; timeout 5 cat <&3`
    return execFileSync('nsenter', [`--net=/run/netns/${namespace}`, 'bash', '-c', script], { encoding: 'utf8' })
  }

  test('a pod has an address of its own, is reached at it, and at a port of the host', async () => {
    const { node, away } = world()
    const serving = 'while true; do echo "here is $(hostname)" | nc -l -p 8080 -w 1; done'
    const container = scripted(serving, { ports: [{ containerPort: 8080, hostPort: 18080 }] })
    await node.addPod('web', { hostNetwork: false, containers: [container] })
    const pod = await node.until('web', 'Running 1/1')
    expect(pod.status?.podIP).toMatch(/^10\.89\.7\.\d+$/)
    await expect.poll(() => read(pod.status!.podIP!, 8080), { timeout: 10_000 }).toBe('here is web\n')
    const hostIP = '10.89.7.1'
    await expect.poll(() => read(hostIP, 18_080), { timeout: 10_000 }).toBe('here is web\n')
    await node.restartAgent()
    expect((await node.until('web', 'Running 1/1')).status?.podIP).toBe(pod.status?.podIP)
    await away('web')
  }, 30_000)

  test('containers of one pod share it; its address is free when it has gone', async () => {
    const { node, gone } = world()
    const server = scripted('while true; do echo shared | nc -l -p 9090 -w 1; done', { name: 'server' })
    const client = scripted(`until nc 127.0.0.1 9090 </dev/null 2>/dev/null | grep shared; do sleep 0.2; done; ${idle}`)
    await node.addPod('pair', { hostNetwork: false, containers: [server, client], terminationGracePeriodSeconds: 0 })
    await node.until('pair', 'Running 2/2')
    await expect.poll(() => node.logs('pair', 'container=main'), { timeout: 10_000 }).toBe('shared\n')
    await node.deletePod('pair')
    await gone('pair')
    expect(ip('-n', namespace, '-o', 'link', 'show', 'type', 'veth')).toBe('')
  }, 30_000)
})

describe('no network for pods', () => {
  const world = containerdNode()

  test('a pod that needs one waits, and is told why', async () => {
    const { node, away } = world()
    await node.addPod('lonely', { hostNetwork: false, containers: [scripted(idle)] })
    const told =
      'Warning NetworkNotReady: network is not ready: container runtime network not ready: NetworkReady=false'
    const events = () => node.eventsOf('lonely')
    await expect.poll(events, { timeout: 10_000 }).toEqual([expect.stringContaining(told)])
    expect(await node.line('lonely')).toBe('Pending 0/1 ContainerCreating')
    await away('lonely')
  })
})
