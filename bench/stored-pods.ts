// Many pods without nodes: nobody runs them, so that what is measured is the API server and nothing else.

import { pods } from '../src/api/resources.ts'
import type { Pod } from '../src/api/types.ts'
import type { Client } from '../src/client/client.ts'

/** So many requests at a time. */
const clients = 64

/** Makes `count` pods of some 2 KB; resolves to how many a second. */
export async function makePods(client: Client, count: number, atATime = clients, prefix = 'pod'): Promise<number> {
  const startedMs = performance.now()
  await inTurns(count, atATime, (i) => client.create(pods, podNumber(i, prefix)))
  return (count / (performance.now() - startedMs)) * 1000
}

/** `act` for 0 … count-1, so many at a time. */
export async function inTurns(count: number, atATime: number, act: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const work = async () => {
    while (next < count) await act(next++)
  }
  await Promise.all(Array.from({ length: atATime }, work))
}

/** Like a logging agent's: two containers, some environment, volumes. */
export function podNumber(i: number, prefix = 'pod'): Pod {
  const container = (name: string) => ({
    name,
    image: `example.com/logging/${name}:v1.16.1`,
    env: Array.from({ length: 6 }, (_, j) => ({ name: `SETTING_${j}`, value: `value ${j} of ${name}` })),
    resources: { limits: { memory: '200Mi' }, requests: { cpu: '100m', memory: '200Mi' } },
    volumeMounts: [
      { name: 'varlog', mountPath: '/var/log' },
      { name: 'containers', mountPath: '/var/lib/docker/containers', readOnly: true },
    ],
  })
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: nameOfPod(i, prefix),
      namespace: 'default',
      labels: { app: 'agent', 'controller-revision-hash': '5bbdcc584b' },
    },
    spec: {
      containers: [container('agent'), container('metrics')],
      volumes: [
        { name: 'varlog', hostPath: { path: '/var/log' } },
        { name: 'containers', hostPath: { path: '/var/lib/docker/containers' } },
      ],
      tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' }],
    },
  }
}

export function nameOfPod(i: number, prefix = 'pod'): string {
  return `${prefix}-${String(i).padStart(6, '0')}`
}
