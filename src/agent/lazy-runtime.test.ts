import { expect, test } from 'vitest'
import type { Pod } from '../api/types.ts'
import { lazyRuntime } from './lazy-runtime.ts'
import { type Runtime, RuntimeRefusal } from './runtime.ts'

const container = { name: 'c', image: 'app' }
const pod: Pod = { metadata: { name: 'p', uid: 'u' }, spec: { containers: [container] } }
const place = { pod, container, containerId: 'process://u-c-0' }

function lazy(isInUse: boolean) {
  const asked: string[] = []
  const create = (): Runtime => {
    asked.push('create')
    return {
      version: 'process://1',
      recover: () => void asked.push('recover'),
      openSandbox: () => ({ podIP: '127.0.0.1' }),
      imageID: () => 'process://host',
      pullImage: async () => ({ imageID: 'process://host', tookMs: 0, sizeBytes: 0 }),
      startContainer: async () => Promise.reject(new RuntimeRefusal('RunContainerError', 'no')),
      closeSandbox: async () => void asked.push('closeSandbox'),
      removeLeftovers: async () => void asked.push('removeLeftovers'),
      log: () => void asked.push('log'),
      close: async () => void asked.push('close'),
    }
  }
  return { asked, runtime: lazyRuntime({ version: 'process://1', isInUse, create }) }
}

test('nothing is made for questions about pods that it does not have, nor to be closed', async () => {
  const { asked, runtime } = lazy(false)
  expect(runtime.version).toBe('process://1')
  expect(runtime.recover(pod)).toBeUndefined()
  expect(runtime.log('u', place.containerId)).toBeUndefined()
  await runtime.removeLeftovers?.(new Set())
  await runtime.closeSandbox(pod)
  await runtime.close()
  expect(asked).toEqual([])
})

test('the first pod begins it, once', async () => {
  const { asked, runtime } = lazy(false)
  expect(await runtime.openSandbox(pod)).toEqual({ podIP: '127.0.0.1' })
  expect(runtime.imageID(pod, 'app')).toBe('process://host')
  await runtime.closeSandbox(pod)
  await runtime.close()
  expect(asked).toEqual(['create', 'closeSandbox', 'close'])
})

test('where an earlier agent has left something it begins at once', () => {
  const { asked, runtime } = lazy(true)
  runtime.recover(pod)
  expect(asked).toEqual(['create', 'recover'])
})

test('a runtime without sessions refuses them as such', async () => {
  const { runtime } = lazy(true)
  const streams = {
    stdin: undefined,
    stdout: undefined,
    stderr: undefined,
    resizes: undefined,
    gone: new AbortController().signal,
  }
  await expect(runtime.sessions!.exec(place, ['true'], streams)).rejects.toThrow(RuntimeRefusal)
})
