// Revisions, their names, numbers and data: R6.1 to R6.12; and what of a template becomes a pod.
import { controllerRevisions } from '../../../src/api/resources.ts'
import { created, image, onDelete, one, removedWithAll, type Scenario, templated, three, two, woken } from './words.ts'

const richTemplate = {
  hostPID: true,
  terminationGracePeriodSeconds: 5,
  priorityClassName: 'system-node-critical',
  securityContext: { runAsNonRoot: false, supplementalGroups: [1, 2], sysctls: [] },
  dnsConfig: { options: [{ name: 'ndots', value: '2' }] },
  hostAliases: [{ ip: '127.0.0.1', hostnames: ['a', 'b'] }],
  initContainers: [{ name: 'first', image: 'init:1', restartPolicy: 'Always' }],
  volumes: [
    { name: 'logs', hostPath: { path: '/var/log', type: '' } },
    { name: 'room', emptyDir: { sizeLimit: '1.5Gi' } },
    { name: 'facts', downwardAPI: { items: [{ path: 'l', fieldRef: { fieldPath: 'metadata.labels' } }] } },
    { name: 'all', projected: { sources: [{ secret: { name: 's', optional: true } }] } },
  ],
  containers: [
    {
      name: 'c',
      image: 'logger:1',
      args: ['--a', '<b>'],
      env: [
        { name: 'A', value: '1' },
        { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      ],
      resources: {
        limits: { cpu: '1500m', memory: '0.5Gi', 'ephemeral-storage': '1e3' },
        requests: { cpu: '0.1' },
      },
      ports: [{ containerPort: 80, protocol: 'UDP' }],
      livenessProbe: { httpGet: { port: 'x', path: '/', httpHeaders: [{ name: 'A', value: 'b' }] } },
      readinessProbe: { grpc: { port: 9 } },
      lifecycle: { preStop: { sleep: { seconds: 1 } } },
      volumeMounts: [{ name: 'logs', mountPath: '/var/log', readOnly: true }],
      securityContext: { capabilities: { drop: ['ALL'] }, runAsUser: 0 },
    },
  ],
}

export const history: readonly Scenario[] = [
  [
    'undo: the old revision is renumbered, no third is made',
    two,
    created,
    image(2),
    ['undo', async (s) => s.patch((await s.revisions())[0]!.data)],
  ],
  [
    'a short history',
    three,
    ['one is kept', (s) => s.create({ revisionHistoryLimit: 1 })],
    image(2),
    image(3),
    image(4),
  ],
  ['none is kept', one, ['none', (s) => s.create({ revisionHistoryLimit: 0 })], image(2), image(3)],
  [
    'LaunchWithHashCollision: a name that is taken by another revision is counted (R6.9)',
    one,
    created,
    [
      'the name is taken',
      async (s) => {
        const [revision] = await s.revisions()
        await removedWithAll(s)
        await s.client.create(controllerRevisions, {
          apiVersion: 'apps/v1',
          kind: 'ControllerRevision',
          metadata: { name: revision!.metadata.name!, namespace: s.namespace },
          data: { other: true },
          revision: 7,
        } as never)
      },
    ],
    ['again', (s) => s.create()],
  ],
  [
    'DSCUpdatesPodLabelAfterDedupCurHistories: of two for one template the higher number stays (R6.8)',
    two,
    created,
    [
      'a duplicate',
      woken(async (s) => {
        const { metadata, data } = (await s.revisions())[0]!
        const { namespace, labels, ownerReferences } = metadata
        await s.client.create(controllerRevisions, {
          apiVersion: 'apps/v1',
          kind: 'ControllerRevision',
          metadata: {
            name: 'logger-duplicate',
            ...(namespace === undefined ? {} : { namespace }),
            labels: { ...labels, 'controller-revision-hash': 'duplicate' },
            ...(ownerReferences === undefined ? {} : { ownerReferences }),
          },
          data,
          revision: 5,
        })
      }),
    ],
    image(2),
  ],
  [
    'a revision without its hash gets its name for one',
    one,
    created,
    ['no hash', woken((s) => s.patchRevision(0, { metadata: { labels: { 'controller-revision-hash': null } } }))],
    ['a pod goes', (s) => s.deletePod('n1')],
  ],
  [
    'a revision that is deleted is made again',
    one,
    created,
    image(2),
    [
      'the current one goes',
      woken(async (s) => s.remove(controllerRevisions, (await s.revisions())[1]!.metadata.name!)),
    ],
  ],
  [
    'undone twice: the numbers rise (R6.3)',
    one,
    created,
    image(2),
    ['undone', async (s) => s.patch((await s.revisions())[0]!.data)],
    ['and again', async (s) => s.patch((await s.revisions())[0]!.data)],
  ],
  [
    'a revision that pods have is kept beyond the limit (R6.11)',
    two,
    ['OnDelete', (s) => s.create({ ...onDelete, revisionHistoryLimit: 0 })],
    image(2),
    image(3),
    ['a pod goes', (s) => s.deletePod('n1')],
    ['the other goes', (s) => s.deletePod('n2')],
  ],
  [
    'a lower limit is kept at once',
    one,
    created,
    image(2),
    image(3),
    ['one', (s) => s.patch({ spec: { revisionHistoryLimit: 1 } })],
  ],
  [
    'annotations of the DaemonSet are those of the revision when it was made (R6.5)',
    one,
    created,
    ['a cause', (s) => s.patch({ metadata: { annotations: { 'kubernetes.io/change-cause': 'first' } } })],
    image(2),
    ['another cause', (s) => s.patch({ metadata: { annotations: { 'kubernetes.io/change-cause': 'second' } } })],
  ],
  [
    'letters that Go writes otherwise (R6.6)',
    one,
    ['odd', (s) => s.create({}, { annotations: { odd: `<a href="x">&\u2028é\t\\'` } })],
  ],
  [
    'a template with much in it (R6.3)',
    one,
    ['rich', (s) => s.create({}, richTemplate)],
    ['and changed', (s) => s.patch(templated({ containers: [{ name: 'c', env: [{ name: 'A', value: '2' }] }] }))],
  ],
  [
    'a selector of expressions',
    one,
    [
      'a DaemonSet',
      (s) => s.create({ selector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['logger', 'x'] }] } }),
    ],
    image(2),
  ],
  [
    'finalizers of the template are those of the pods (R8.1)',
    one,
    ['a DaemonSet', (s) => s.create({}, { finalizers: ['everynode.test/hold'] })],
    image(2),
  ],
  [
    'a name so long that those of its pods are cut (R8.2)',
    one,
    ['a DaemonSet', (s) => s.create({}, {}, `logger-${'long-'.repeat(12)}name`)],
  ],
]
