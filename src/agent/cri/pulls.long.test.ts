// Images pulled by containerd from a registry on this machine: policies, secrets, what the API and the events say.
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noContainerd } from '../../../test/containerd.ts'
import { containerdNode, idle, scripted } from '../../../test/containerd-node.ts'
import { type ImageRegistry, startRegistry } from '../../../test/image-registry.ts'
import { secrets } from '../../api/resources.ts'
import type { ApiObject, PodSpec } from '../../api/types.ts'

describe('pulls on containerd', () => {
  const world = containerdNode()
  let registry: ImageRegistry
  beforeAll(async () => {
    if (noContainerd() !== undefined) return
    const { directory } = world().containerd
    registry = await startRegistry(join(directory, 'images/busybox.tar'), join(directory, 'registry'))
  })
  afterAll(() => registry?.close())

  const addPod = (name: string, image: string, imagePullPolicy: string, more: Partial<PodSpec> = {}) =>
    world().node.addPod(name, { containers: [scripted(idle, { image, imagePullPolicy })], ...more })

  test('what is not there is pulled once for all who want it, and told with its size', async () => {
    const { node, away } = world()
    const image = `${registry.host}/team/app:1`
    await Promise.all(['one', 'two', 'three'].map((name) => addPod(name, image, 'IfNotPresent')))
    for (const name of ['one', 'two', 'three']) {
      const pod = await node.until(name, 'Running 1/1')
      expect(pod.status?.containerStatuses?.[0]?.imageID).toMatch(/^127\.0\.0\.1:\d+\/team\/app@sha256:[0-9a-f]{64}$/)
    }
    const blobs = registry.answered.filter((line) => line.startsWith('GET') && line.includes('/blobs/'))
    expect(new Set(blobs).size).toBe(blobs.length)
    const told = await node.eventsOf('one')
    expect(told.find((line) => line.includes('Successfully') || line.includes('already present'))).toMatch(
      /Successfully pulled image ".*" in .* including waiting\)\. Image size: \d{6,} bytes\.|already present/,
    )
    for (const name of ['one', 'two', 'three']) await away(name)
  })

  test('Always asks the registry also for what is there', async () => {
    const { node, away } = world()
    const before = registry.answered.length
    await addPod('always', `${registry.host}/team/app:1`, 'Always')
    await node.until('always', 'Running 1/1')
    expect(registry.answered.slice(before).some((line) => line.includes('/manifests/'))).toBe(true)
    await away('always')
  })

  test('an image that is not in the registry is refused, then waited for', async () => {
    const { node, away } = world()
    await addPod('missing', `${registry.host}/team/app:nothing`, 'IfNotPresent')
    const pod = await node.until('missing', 'Pending 0/1 ErrImagePull')
    expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toMatch(
      /^rpc error: code = NotFound desc = failed to pull and unpack image .*: not found$/,
    )
    await node.until('missing', 'Pending 0/1 ImagePullBackOff')
    expect(await node.eventsOf('missing')).toContain('Warning Failed: Error: ErrImagePull')
    await away('missing')
  }, 30_000)

  test('a private one needs the secret that its pod names', async () => {
    const { node, away } = world()
    const auth = Buffer.from('user:password').toString('base64')
    const config = JSON.stringify({ auths: { [registry.host]: { auth } } })
    await node.client.create(secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'registry', namespace: 'default' },
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': Buffer.from(config).toString('base64') },
    } as ApiObject)
    const image = `${registry.host}/private/app:1`
    await addPod('stranger', image, 'IfNotPresent', { imagePullSecrets: [{ name: 'absent' }] })
    const refused = await node.until('stranger', 'Pending 0/1 ErrImagePull')
    expect(refused.status?.containerStatuses?.[0]?.state?.waiting?.message).toContain('401 Unauthorized')
    await addPod('friend', image, 'IfNotPresent', { imagePullSecrets: [{ name: 'registry' }] })
    await node.until('friend', 'Running 1/1')
    for (const name of ['stranger', 'friend']) await away(name)
  })
})
