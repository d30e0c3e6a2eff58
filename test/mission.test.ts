// The mission, promise by promise (M1 to M13), each shown by the real kubectl on a real `everynode up`.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { differenceTo } from './screen-text.ts'
import { kubectl, needsKubectl, openCluster, type Shell } from './shell.ts'

let shell: Shell
beforeAll(async () => {
  if (kubectl !== undefined) shell = await openCluster('--nodes 3')
})
afterAll(() => shell?.close())
beforeEach(needsKubectl)

const fluentd = 'examples/fluentd.yaml'

/** A namespace of the test's own, so that the promises do not meet. */
async function namespace(name: string): Promise<string> {
  await shell.ok('kubectl apply -f -', `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"${name}"}}`)
  return `kubectl -n ${name}`
}

/** The screen must come to look like this: a status is written a moment after the pods it counts. */
async function expectScreen(line: string, screen: string): Promise<void> {
  let seen = ''
  const fits = (out: string) => {
    seen = out
    return differenceTo(screen, out) === undefined
  }
  await shell.until(line, fits, 5_000).catch(() => expect(differenceTo(screen, seen)).toBeUndefined())
}

/** Names of the nodes that run a pod of this label, in order. */
const nodesOf = (k: string, app: string) =>
  `${k} get pods -l app=${app} --field-selector status.phase=Running -o jsonpath='{range .items[*]}{.spec.nodeName}{"\\n"}{end}' | sort | xargs`
const uidsOf = (k: string, app: string) =>
  `${k} get pods -l app=${app} -o jsonpath='{range .items[*]}{.spec.nodeName}={.metadata.uid}{"\\n"}{end}' | sort | xargs`
const everyNode = 'node-1 node-2 node-3\n'
const isEveryNode = (out: string) => out === everyNode

/** A modern DaemonSet in a line; `spec` is JSON for further fields of the spec. */
function daemonSet(name: string, { image = 'agent:1', template = {}, ...spec }: Record<string, unknown> = {}): string {
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name },
    spec: {
      selector: { matchLabels: { app: name } },
      ...spec,
      template: {
        metadata: { labels: { app: name } },
        spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'agent', image }], ...(template as object) },
      },
    },
  })
}

/** Follows pods and counts, from the first moment all nodes had one, how many were without a ready pod at the worst. */
function watchReadiness(k: string, app: string) {
  const fields = ['.type', '.object.metadata.name', '.object.spec.nodeName']
  const ready = '.object.status.conditions[?(@.type=="Ready")].status'
  const line = [...fields, ready].map((field) => `{${field}}`).join(' ')
  const watch = shell.start(`${k} get pods -l app=${app} -w --output-watch-events -o jsonpath='${line}{"\\n"}'`)
  return async (): Promise<number> => {
    watch.signal('SIGINT')
    await watch.exited
    const readyPods = new Map<string, Set<string>>()
    let worst: number | undefined
    for (const [type, pod = '', node = '', isReady] of watch
      .out()
      .split('\n')
      .map((event) => event.split(' '))) {
      const pods = readyPods.get(node) ?? new Set()
      readyPods.set(node, pods)
      if (type !== 'DELETED' && isReady === 'True') pods.add(pod)
      else pods.delete(pod)
      const without = 3 - [...readyPods.values()].filter(({ size }) => size > 0).length
      if (without === 0) worst ??= 0
      if (worst !== undefined) worst = Math.max(worst, without)
    }
    return worst ?? Number.NaN
  }
}

test('M1 a copy of the pod on every node', async () => {
  const k = await namespace('m1')
  expect(await shell.ok(`${k} apply -f ${fluentd}`)).toBe('daemonset.extensions/fluentd created\n')
  await shell.until(nodesOf(k, 'fluentd'), isEveryNode)
  await expectScreen(
    `${k} get ds`,
    `
    NAME      DESIRED   CURRENT   READY   UP-TO-DATE   AVAILABLE   NODE SELECTOR   AGE
    fluentd   3         3         3       3            3           <none>          <age>`,
  )
})

test('M2 a deleted pod is made again, and nothing is there twice', async () => {
  const k = await namespace('m2')
  await shell.ok(`${k} apply -f -`, daemonSet('loop'))
  await shell.until(nodesOf(k, 'loop'), isEveryNode)
  const before = await shell.ok(uidsOf(k, 'loop'))
  await shell.ok(`${k} delete pod -l app=loop`)
  await shell.until(nodesOf(k, 'loop'), isEveryNode)
  const after = await shell.ok(uidsOf(k, 'loop'))
  expect(after.split(' ')).toHaveLength(3)
  for (const uid of before.trim().split(' ')) expect(after).not.toContain(uid)
})

test('M3, M7 a node selector limits the nodes, and follows their labels at once', async () => {
  const k = await namespace('m3')
  await shell.ok(`${k} apply -f -`, daemonSet('ssd', { template: { nodeSelector: { ssd: 'true' } } }))
  await shell.until(`${k} get ds ssd -o jsonpath='{.status.observedGeneration}'`, (out) => out === '1')
  await expectScreen(
    `${k} get ds ssd`,
    `
    NAME   DESIRED   CURRENT   READY   UP-TO-DATE   AVAILABLE   NODE SELECTOR   AGE
    ssd    0         0         0       0            0           ssd=true        <age>`,
  )
  expect(await shell.ok('kubectl label node node-2 ssd=true')).toBe('node/node-2 labeled\n')
  await shell.until(nodesOf(k, 'ssd'), (out) => out === 'node-2\n')
  expect(await shell.ok('kubectl label node node-2 ssd-')).toBe('node/node-2 unlabeled\n')
  await shell.until(`${k} get pods -l app=ssd -o name`, (out) => out === '')
})

test('M3 a taint keeps new pods away; NoExecute sends those away that are there', async () => {
  const k = await namespace('m3b')
  try {
    await shell.ok('kubectl taint node node-3 spare=yes:NoSchedule')
    await shell.ok(`${k} apply -f -`, daemonSet('tainted'))
    await shell.until(nodesOf(k, 'tainted'), (out) => out === 'node-1 node-2\n')
    await shell.ok('kubectl taint node node-3 spare-')
    await shell.until(nodesOf(k, 'tainted'), isEveryNode)
    await shell.ok('kubectl taint node node-3 spare=yes:NoSchedule')
    expect(await shell.ok(nodesOf(k, 'tainted'))).toBe(everyNode)
    await shell.ok('kubectl taint node node-3 gone=yes:NoExecute')
    await shell.until(nodesOf(k, 'tainted'), (out) => out === 'node-1 node-2\n')
  } finally {
    await shell.run('kubectl taint node node-3 spare- ; kubectl taint node node-3 gone-')
  }
})

test('M4 the pod is created with its node: no scheduler is asked', async () => {
  const k = await namespace('m4')
  const watch = shell.start(
    `${k} get pods -l app=placed -w --output-watch-events -o jsonpath='{.type} {.object.spec.nodeName}{"\\n"}'`,
  )
  await shell.ok(`${k} apply -f -`, daemonSet('placed'))
  await shell.until(nodesOf(k, 'placed'), isEveryNode)
  watch.signal('SIGINT')
  await watch.exited
  const added = watch
    .out()
    .split('\n')
    .filter((line) => line.startsWith('ADDED'))
  expect(added.sort()).toEqual(['ADDED node-1', 'ADDED node-2', 'ADDED node-3'])
})

test('M5 the file of the chapter is accepted as it is, in both versions', async () => {
  expect(readFileSync(fluentd, 'utf8')).toContain('extensions/v1beta1')
  const k = await namespace('m5')
  await shell.ok(`${k} apply -f ${fluentd}`)
  const facts = (version: string) =>
    shell.ok(
      `${k} get daemonsets.${version} fluentd -o jsonpath='{.apiVersion} {.spec.updateStrategy.type} {.spec.selector.matchLabels.app} {.spec.revisionHistoryLimit} {.spec.template.spec.terminationGracePeriodSeconds}'`,
    )
  expect(await facts('v1.apps')).toBe('apps/v1 OnDelete fluentd 10 30')
  expect(await facts('v1beta1.extensions')).toBe('extensions/v1beta1 OnDelete fluentd 10 30')
  await shell.until(nodesOf(k, 'fluentd'), isEveryNode)
  const [container, mounts] = ['.items[0].spec.containers[0]', '.items[0].spec.containers[0].volumeMounts']
  expect(
    await shell.ok(
      `${k} get pods -o jsonpath='{${container}.resources.limits.memory} {${container}.resources.requests.cpu} {${mounts}[1].mountPath} {${mounts}[1].readOnly} {.items[0].spec.volumes[0].hostPath.path}'`,
    ),
  ).toBe('200Mi 100m /var/lib/docker/containers true /var/log')
})

test('M6 describe says what the chapter shows', async () => {
  const k = await namespace('m6')
  await shell.ok(`${k} apply -f ${fluentd}`)
  await shell.until(nodesOf(k, 'fluentd'), isEveryNode)
  await shell.until(`${k} get ds fluentd -o jsonpath='{.status.numberReady}'`, (out) => out === '3')
  await expectScreen(
    `${k} describe daemonset fluentd`,
    `
    Name:           fluentd
    ...
    Selector:       app=fluentd
    Node-Selector:  <none>
    Labels:         app=fluentd
    Annotations:    deprecated.daemonset.template.generation: 1
    Desired Number of Nodes Scheduled: 3
    Current Number of Nodes Scheduled: 3
    Number of Nodes Scheduled with Up-to-date Pods: 3
    Number of Nodes Scheduled with Available Pods: 3
    Number of Nodes Misscheduled: 0
    Pods Status:  3 Running / 0 Waiting / 0 Succeeded / 0 Failed
    Pod Template:
    ...
    Events:
    ...
    Normal  SuccessfulCreate  <any>  daemonset-controller  Created pod: fluentd-<suffix>
    Normal  SuccessfulCreate  <any>  daemonset-controller  Created pod: fluentd-<suffix>
    Normal  SuccessfulCreate  <any>  daemonset-controller  Created pod: fluentd-<suffix>`,
  )
})

test('M8 a change of the template rolls the fleet within maxUnavailable; other changes do not', async () => {
  const k = await namespace('m8')
  await shell.ok(`${k} apply -f -`, daemonSet('roll'))
  await shell.ok(`${k} rollout status ds/roll --timeout=20s`)
  const first = await shell.ok(uidsOf(k, 'roll'))
  await shell.ok(`${k} label ds roll team=logs`)
  await shell.ok(`${k} patch ds roll -p '{"spec":{"minReadySeconds":1}}'`)
  await shell.until(`${k} get ds roll -o jsonpath='{.status.observedGeneration}'`, (out) => out === '2')
  expect(await shell.ok(uidsOf(k, 'roll'))).toBe(first)

  await shell.until(`${k} get ds roll -o jsonpath='{.status.numberAvailable}'`, (out) => out === '3')
  const worst = watchReadiness(k, 'roll')
  await shell.ok(`${k} set image ds/roll agent=agent:2`)
  await shell.ok(`${k} rollout status ds/roll --timeout=30s`)
  expect(await worst()).toBe(1)
  expect(await shell.ok(`${k} get pods -o jsonpath='{.items[*].spec.containers[0].image}'`)).toBe(
    'agent:2 agent:2 agent:2',
  )
  for (const uid of first.trim().split(' ')) expect(await shell.ok(uidsOf(k, 'roll'))).not.toContain(uid)
})

test('M8 with maxSurge no node is ever without a serving pod', async () => {
  const k = await namespace('m8b')
  const strategy = { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } }
  await shell.ok(`${k} apply -f -`, daemonSet('surge', strategy))
  await shell.ok(`${k} rollout status ds/surge --timeout=20s`)
  const worst = watchReadiness(k, 'surge')
  await shell.ok(`${k} set image ds/surge agent=agent:2`)
  await shell.ok(`${k} rollout status ds/surge --timeout=30s`)
  expect(await worst()).toBe(0)
})

test('M8 OnDelete waits for the user', async () => {
  const k = await namespace('m8c')
  await shell.ok(`${k} apply -f -`, daemonSet('wait', { updateStrategy: { type: 'OnDelete' } }))
  await shell.until(nodesOf(k, 'wait'), isEveryNode)
  const before = await shell.ok(uidsOf(k, 'wait'))
  await shell.ok(`${k} set image ds/wait agent=agent:2`)
  await shell.until(
    `${k} get ds wait -o jsonpath='{.status.updatedNumberScheduled}'`,
    (out) => out === '0' || out === '',
  )
  expect(await shell.ok(uidsOf(k, 'wait'))).toBe(before)
  await shell.ok(`${k} delete pod --field-selector spec.nodeName=node-2`)
  await shell.until(nodesOf(k, 'wait'), isEveryNode)
  await shell.until(`${k} get ds wait -o jsonpath='{.status.updatedNumberScheduled}'`, (out) => out === '1')
})

test('M9 rollout status, history, undo, restart', async () => {
  const k = await namespace('m9')
  await shell.ok(`${k} apply -f -`, daemonSet('undo'))
  expect(await shell.ok(`${k} rollout status ds/undo --timeout=20s`)).toContain(
    'daemon set "undo" successfully rolled out\n',
  )
  await shell.ok(`${k} set image ds/undo agent=agent:2`)
  await shell.ok(`${k} rollout status ds/undo --timeout=20s`)
  await expectScreen(
    `${k} rollout history ds/undo`,
    `
    daemonset.apps/undo
    REVISION  CHANGE-CAUSE
    1         <none>
    2         <none>`,
  )
  expect(await shell.ok(`${k} rollout history ds/undo --revision=1`)).toContain('agent:1')
  expect(await shell.ok(`${k} rollout undo ds/undo`)).toBe('daemonset.apps/undo rolled back\n')
  await shell.ok(`${k} rollout status ds/undo --timeout=20s`)
  expect(await shell.ok(`${k} get ds undo -o jsonpath='{..image}'`)).toBe('agent:1')
  await expectScreen(
    `${k} rollout history ds/undo`,
    `
    daemonset.apps/undo
    REVISION  CHANGE-CAUSE
    2         <none>
    3         <none>`,
  )
  const before = await shell.ok(uidsOf(k, 'undo'))
  expect(await shell.ok(`${k} rollout restart ds/undo`)).toBe('daemonset.apps/undo restarted\n')
  await shell.ok(`${k} rollout status ds/undo --timeout=20s`)
  for (const uid of before.trim().split(' ')) expect(await shell.ok(uidsOf(k, 'undo'))).not.toContain(uid)
})

test('M10 delete takes the pods; --cascade=false leaves them, and a new DaemonSet takes them in', async () => {
  const k = await namespace('m10')
  await shell.ok(`${k} apply -f ${fluentd}`)
  await shell.until(nodesOf(k, 'fluentd'), isEveryNode)
  const before = await shell.ok(uidsOf(k, 'fluentd'))
  expect(await shell.ok(`${k} delete -f ${fluentd} --cascade=false`)).toMatch(/^daemonset.extensions "fluentd" deleted/)
  expect(await shell.ok(uidsOf(k, 'fluentd'))).toBe(before)
  expect(await shell.ok(`${k} get pods -o jsonpath='{.items[*].metadata.ownerReferences}'`)).toBe('')

  await shell.ok(`${k} apply -f ${fluentd}`)
  await shell.until(`${k} get pods -o jsonpath='{.items[*].metadata.ownerReferences[0].kind}'`, (out) =>
    out.startsWith('DaemonSet DaemonSet DaemonSet'),
  )
  expect(await shell.ok(uidsOf(k, 'fluentd'))).toBe(before)

  await shell.ok(`${k} delete ds fluentd --cascade=foreground --timeout=20s`)
  expect(await shell.ok(`${k} get pods,controllerrevisions -o name`)).toBe('')

  await shell.ok(`${k} apply -f -`, daemonSet('plain'))
  await shell.until(nodesOf(k, 'plain'), isEveryNode)
  expect(await shell.ok(`${k} delete ds plain`)).toMatch(/^daemonset.apps "plain" deleted/)
  await shell.until(`${k} get pods,controllerrevisions -o name`, (out) => out === '')
})

test('M11 nodes come and go, and the agent comes and goes with them', async () => {
  const k = await namespace('m11')
  await shell.ok(`${k} apply -f -`, daemonSet('scale'))
  await shell.until(nodesOf(k, 'scale'), isEveryNode)
  expect(await shell.ok('everynode node add')).toBe('node/node-4 created\n')
  await shell.until(nodesOf(k, 'scale'), (out) => out === 'node-1 node-2 node-3 node-4\n')
  await shell.ok('kubectl delete node node-4')
  await shell.until(nodesOf(k, 'scale'), isEveryNode)
  expect(await shell.ok('kubectl get pods -A --field-selector spec.nodeName=node-4 -o name')).toBe('')

  await shell.ok('everynode node add --count 100')
  await shell.until(`${k} get ds scale -o jsonpath='{.status.numberReady}'`, (out) => out === '103', 40_000)
  await shell.ok('everynode node remove $(seq -f node-%g 4 103)')
  await shell.until(`${k} get ds scale -o jsonpath='{.status.desiredNumberScheduled}'`, (out) => out === '3')
  await shell.until(nodesOf(k, 'scale'), isEveryNode, 40_000)
}, 120_000)

test('M12 a container that ends is started again, with back-off, and its logs can be read', async () => {
  const k = await namespace('m12')
  const crash = {
    annotations: { 'simulated.everynode.dev/exit-code': '3', 'simulated.everynode.dev/exit-after-ms': '50' },
  }
  const set = JSON.parse(daemonSet('crash'))
  Object.assign(set.spec.template.metadata, crash)
  await shell.ok(`${k} apply -f -`, JSON.stringify(set))
  await shell.until(`${k} get pods`, (out) => out.includes('CrashLoopBackOff') || out.includes('Error'))
  await shell.until(
    `${k} get pods -o jsonpath='{.items[0].status.containerStatuses[0].restartCount}'`,
    (out) => Number(out) >= 1,
    30_000,
  )
  expect(
    await shell.ok(`${k} get pods -o jsonpath='{.items[0].status.containerStatuses[0].lastState.terminated.exitCode}'`),
  ).toBe('3')
  const [pod] = (await shell.ok(`${k} get pods -o name`)).split('\n')
  expect(await shell.ok(`${k} logs ${pod} --previous`)).toContain('simulated')
}, 60_000)

test.each([
  ['log-collector', 'node-1 node-2 node-3\n', ''],
  ['node-metrics', 'node-1 node-2 node-3\n', ''],
  ['gpu-driver', 'node-2\n', 'kubectl label node node-2 accelerator=gpu'],
  ['storage-node', 'node-3\n', 'kubectl label node node-3 disk=nvme'],
])('M13 the daemon %s of the guide runs where it should', async (name, expected, prepare) => {
  const k = await namespace(`m13-${name}`)
  await shell.ok(`${k} apply -f examples/daemons/${name}.yaml`)
  if (prepare !== '') await shell.ok(prepare)
  await shell.until(nodesOf(k, name), (out) => out === expected)
})
