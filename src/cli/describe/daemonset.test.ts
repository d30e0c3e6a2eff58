import { expect, test } from 'vitest'
import type { DaemonSet, Event, Pod, Toleration } from '../../api/types.ts'
import { describeSpacing, elastic } from '../print/elastic.ts'
import { containerLines } from './containers.ts'
import { daemonSetLines } from './daemonset.ts'
import { eventLines } from './events.ts'
import { annotationLines, tolerationLines } from './lines.ts'
import { volumeLines } from './volumes.ts'

const fluentd: DaemonSet = {
  metadata: {
    name: 'fluentd',
    namespace: 'kube-system',
    labels: { tier: 'node', app: 'fluentd' },
    annotations: {
      'deprecated.daemonset.template.generation': '2',
      'kubectl.kubernetes.io/last-applied-configuration': '{}',
    },
  },
  spec: {
    selector: { matchLabels: { app: 'fluentd' } },
    template: {
      metadata: { labels: { app: 'fluentd' } },
      spec: {
        serviceAccountName: 'fluentd',
        containers: [
          {
            name: 'fluentd',
            image: 'fluentd:1.16',
            ports: [{ name: 'fwd', containerPort: 24224, protocol: 'TCP' }],
            resources: { limits: { memory: '200Mi' }, requests: { memory: '200Mi', cpu: '100m' } },
            volumeMounts: [{ name: 'varlog', mountPath: '/var/log' }],
          },
        ],
        volumes: [{ name: 'varlog', hostPath: { path: '/var/log', type: '' } }],
        tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' }],
      },
    },
  },
  status: {
    desiredNumberScheduled: 3,
    currentNumberScheduled: 3,
    updatedNumberScheduled: 3,
    numberAvailable: 2,
    numberMisscheduled: 0,
    numberReady: 2,
  },
}

const pod = (phase: string): Pod => ({ metadata: {}, spec: { containers: [] }, status: { phase } })
const now = Date.UTC(2026, 0, 1, 12)
const at = (minutesAgo: number) => new Date(now - minutesAgo * 60_000).toISOString()
const created: Event = {
  metadata: {},
  involvedObject: {},
  type: 'Normal',
  reason: 'SuccessfulCreate',
  firstTimestamp: at(5),
  lastTimestamp: at(5),
  count: 1,
  source: { component: 'daemonset-controller' },
  message: 'Created pod: fluentd-x7k2p',
}

test('section 10.3: the sample, character for character', () => {
  const { above, below } = eventLines([created], now)
  const lines = [
    ...elastic([...daemonSetLines(fluentd, ['Running', 'Pending', 'Running'].map(pod)), ...above], describeSpacing),
    ...elastic(below, describeSpacing),
  ]
  expect(lines.join('\n')).toBe(`Name:           fluentd
Namespace:      kube-system
Selector:       app=fluentd
Node-Selector:  <none>
Labels:         app=fluentd
                tier=node
Annotations:    deprecated.daemonset.template.generation: 2
Desired Number of Nodes Scheduled: 3
Current Number of Nodes Scheduled: 3
Number of Nodes Scheduled with Up-to-date Pods: 3
Number of Nodes Scheduled with Available Pods: 2
Number of Nodes Misscheduled: 0
Pods Status:  2 Running / 1 Waiting / 0 Succeeded / 0 Failed
Pod Template:
  Labels:           app=fluentd
  Service Account:  fluentd
  Containers:
   fluentd:
    Image:      fluentd:1.16
    Port:       24224/TCP (fwd)
    Host Port:  0/TCP (fwd)
    Limits:
      memory:  200Mi
    Requests:
      cpu:        100m
      memory:     200Mi
    Environment:  <none>
    Mounts:
      /var/log from varlog (rw)
  Volumes:
   varlog:
    Type:          HostPath (bare host directory volume)
    Path:          /var/log
    HostPathType:  
  Node-Selectors:  <none>
  Tolerations:     node-role.kubernetes.io/control-plane:NoSchedule op=Exists
Events:
  Type    Reason            Age   From                  Message
  ----    ------            ----  ----                  -------
  Normal  SuccessfulCreate  5m    daemonset-controller  Created pod: fluentd-x7k2p`)
})

test('long and many-lined annotations go on lines of their own, cut', () => {
  expect(annotationLines('Annotations', { b: 'x'.repeat(200), a: 'one\ntwo\n', c: 'short' })).toEqual([
    'Annotations:\ta:',
    '\t  one',
    '\t  two',
    '\tb:',
    `\t  ${'x'.repeat(138)}...`,
    '\tc: short',
  ])
})

test.each<[string, Toleration]>([
  ['op=Exists', { operator: 'Exists' }],
  ['k:NoExecute op=Exists for 300s', { key: 'k', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }],
  ['k=v:NoSchedule', { key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' }],
  [':NoSchedule op=Exists', { operator: 'Exists', effect: 'NoSchedule' }],
])('the toleration %s', (text, toleration) => {
  expect(tolerationLines('T', [toleration])).toEqual([`T:\t${text}`])
})

test('a container with everything', () => {
  const lines = containerLines('Containers', [
    {
      name: 'main',
      image: 'x',
      command: ['sh', '-c', 'a\nb'],
      args: ['--y'],
      ports: [
        { containerPort: 80, name: 'http' },
        { containerPort: 81, protocol: 'UDP', hostPort: 8181 },
      ],
      resources: { limits: { cpu: '500m' } },
      livenessProbe: { httpGet: { path: '/healthz', port: 8080, scheme: 'HTTP' }, periodSeconds: 5 },
      readinessProbe: { exec: { command: ['cat', '/x'] } },
      startupProbe: { tcpSocket: { port: 80 } },
      envFrom: [{ configMapRef: { name: 'cm' } }, { prefix: 'P_', secretRef: { name: 's', optional: true } }],
      env: [
        { name: 'A', value: '1\n2' },
        { name: 'N', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'spec.nodeName' } } },
        { name: 'R', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        { name: 'M', valueFrom: { resourceFieldRef: { resource: 'limits.memory' } } },
        { name: 'S', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
      ],
      volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true, subPath: 'sub' }],
    },
  ])
  expect(lines).toEqual([
    '  Containers:',
    '   main:',
    '    Image:\tx',
    '    Ports:\t80/TCP (http), 81/UDP',
    '    Host Ports:\t0/TCP (http), 8181/UDP',
    '    Command:',
    '      sh',
    '      -c',
    '      a',
    '      b',
    '    Args:',
    '      --y',
    '    Limits:',
    '      cpu:\t500m',
    '    Liveness:\thttp-get http://:8080/healthz delay=0s timeout=1s period=5s #success=1 #failure=3',
    '    Readiness:\texec [cat /x] delay=0s timeout=1s period=10s #success=1 #failure=3',
    '    Startup:\ttcp-socket :80 delay=0s timeout=1s period=10s #success=1 #failure=3',
    '    Environment Variables from:',
    '      cm\tConfigMap\tOptional: false',
    "      s\tSecret with prefix 'P_'\tOptional: true",
    '    Environment:',
    '      A:\t1',
    '      \t2',
    '      N:\t (v1:spec.nodeName)',
    '      R:\t1 (limits.cpu)',
    '      M:\tnode allocatable (limits.memory)',
    "      S:\t<set to the key 'k' in secret 's'>\tOptional: false",
    '    Mounts:',
    '      /v from v (ro,path="sub")',
  ])
})

test('volumes of every kind a daemon has', () => {
  expect(
    volumeLines([
      { name: 'e', emptyDir: {} },
      { name: 's', secret: { secretName: 'x' } },
      { name: 'c', configMap: { name: 'y', optional: true } },
      { name: 'n', nfs: {} },
    ]),
  ).toEqual([
    '  Volumes:',
    '   e:',
    "    Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)",
    '    Medium:\t',
    '    SizeLimit:\t<unset>',
    '   s:',
    '    Type:\tSecret (a volume populated by a Secret)',
    '    SecretName:\tx',
    '    Optional:\tfalse',
    '   c:',
    '    Type:\tConfigMap (a volume populated by a ConfigMap)',
    '    Name:\ty',
    '    Optional:\ttrue',
    '   n:',
    '    Type:\t<unknown>',
  ])
  expect(volumeLines([])).toEqual(['  Volumes:\t<none>'])
})

test('events: none, repeated, oldest first', () => {
  expect(eventLines([], now)).toEqual({ above: ['Events:\t<none>'], below: [] })
  const often = { ...created, count: 3, firstTimestamp: at(60), lastTimestamp: at(1), message: ' again\n' }
  expect(eventLines([often, created], now).below.slice(3)).toEqual([
    '  Normal\tSuccessfulCreate\t5m\tdaemonset-controller\tCreated pod: fluentd-x7k2p',
    '  Normal\tSuccessfulCreate\t60s (x3 over 60m)\tdaemonset-controller\tagain',
  ])
})
