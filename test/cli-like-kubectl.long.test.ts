// `everynode get`, `describe`, `rollout`, `logs`, `apply`, `delete` print what kubectl prints: each command is run by
// both on one cluster, and what they say on either stream, and their exit codes, are compared.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { kubectl, needsKubectl, openCluster, type Ran, type Shell } from './shell.ts'

let shell: Shell
let pod = ''

const agent = `
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
  labels: {app: agent, "1": "2"}
  annotations: {kubernetes.io/change-cause: "first: try", long: "${'word '.repeat(40)}", many: "a\\nb\\n"}
spec:
  selector: {matchLabels: {app: agent}}
  updateStrategy: {rollingUpdate: {maxUnavailable: 100%}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      nodeSelector: {kubernetes.io/os: linux}
      tolerations: [{operator: Exists}]
      containers:
      - name: main
        image: agent:1
        args: ["--x", "1"]
        env: [{name: A, value: "1"}, {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
        resources: {limits: {cpu: 500m}, requests: {cpu: 100m}}
        volumeMounts: [{name: log, mountPath: /var/log, readOnly: true}]
      - {name: side, image: "side:1"}
      volumes: [{name: log, hostPath: {path: /var/log}}]
`

beforeAll(async () => {
  if (kubectl === undefined) return
  shell = await openCluster('--nodes 2')
  await shell.ok('kubectl apply -f -', agent)
  await shell.ok('kubectl rollout status ds/agent --timeout=20s')
  await shell.ok('kubectl set image ds/agent main=agent:2')
  await shell.ok('kubectl rollout status ds/agent --timeout=20s')
  // Pods of the old revision are gone a moment later.
  await shell.until('kubectl get pods --no-headers', (out) => out.trim().split('\n').length === 2)
  pod = (await shell.ok('kubectl get pods -o name')).split('\n')[0] ?? ''
})
afterAll(() => shell?.close())
beforeEach(needsKubectl)

const quick = [
  'get ds agent -o wide',
  'get nodes,ds,pods',
  'get ds/agent POD',
  'get ds agent -o yaml',
  'get pods -l app=nothing',
  'get ds agent nope -o name',
  `get pods -o jsonpath='{range .items[*]}{.metadata.name}{"\\t"}{.spec.nodeName}{"\\n"}{end}'`,
  'get pods --field-selector spec.nonsense=x',
  'describe ds/agent',
  'rollout status ds/agent',
  'rollout history ds/agent --revision=2',
  'logs ds/agent -c main --tail=1',
  'delete ds nope',
  'apply -f /nowhere/x.yaml',
]

/** The same in other words: `npm run test:all`. */
const more = [
  'get ds',
  'get ds -A --show-labels',
  'get all',
  'get pods -l app=agent -o wide',
  'get pods -A --field-selector spec.nodeName=node-1',
  'get ds --no-headers',
  'get ds -o json',
  'get POD -o yaml',
  'get nodes -o yaml',
  'get ds -o name',
  'get cm -A -o yaml',
  'get controllerrevisions -o json',
  'get pods -A -l app=nothing',
  'get pods -l app=nothing -o yaml',
  'get ds nope',
  'get ds nope --ignore-not-found',
  'get nonsense',
  'get ds -n nowhere',
  'get daemonsets.v1beta1.extensions agent -o yaml',
  'get ds/agent pods',
  'get ds/a/b',
  'get ds/',
  'get ,',
  'get ds,foos',
  'get pod,ds nope',
  "get ds -n ''",
  'get ds agent -A',
  'get ds agent -l a=b',
  'get ds --field-selector metadata.name!=agent',
  "get ds -l 'a in (x'",
  'get ds --field-selector a',
  'get ns',
  'get lease -A',
  'get roles,rolebindings,clusterroles',
  'get pdb,svc,endpoints,secrets,sa,cm',
  'describe ds',
  'describe ds -A',
  'describe ds nope',
  'describe ds agent nope',
  'describe ds -l app=nothing',
  'describe ds agent --show-events=false',
  'rollout status ds agent --watch=false',
  'rollout history ds/agent',
  'rollout history ds/agent --revision=9',
  'rollout undo ds/agent --to-revision=9',
  'rollout undo ds/nope',
  'rollout status nope/x',
  'rollout status ds/nope',
  'rollout restart ds/nope',
  'logs POD --tail=3',
  'logs nope',
  'logs ds/nope',
  'logs ds/agent -c nope',
  'logs ds/agent -c main --previous',
  'logs ds/agent -c main --since=1h --limit-bytes=10',
  'delete ds',
  'delete ds agent --all',
  'delete ds agent -l a=b',
  'delete ds --all -l a=b',
  'delete ds agent -f examples/fluentd.yaml',
  'delete ds nope nope2',
  'delete ds nope --now --grace-period=3',
  'delete ds -l app=nothing',
  'delete foo x',
  'delete -f /nowhere',
  'delete -f examples/daemons/gpu-driver.yaml',
  'delete ds nope --ignore-not-found',
  'apply -f examples/fluentd.yaml --dry-run=server',
  'apply -f examples -R --dry-run=server',
  'apply -f examples/daemons/gpu-driver.yaml --dry-run=server -n nope',
  'get ds -L app',
  'get ds,pods -L app,controller-revision-hash --show-labels',
  'get ds agent --show-kind',
  'get ds --all-namespaces=false',
  'get --no-headers=true ds',
  'get ds agent --ignore-not-found=false',
  'get ds agent -n nowhere',
  'get ds agent -n nowhere -o yaml',
  'describe ds agent -n nowhere',
  'rollout status',
  'rollout status ds',
  'rollout status ds/agent ds/agent',
  'rollout status ds/nope ds/agent',
  'rollout status ds -l app=agent',
  'rollout status ds -l app=none',
  'rollout status ds/agent -n nowhere',
  'rollout history ds',
  'rollout undo',
  'rollout restart ds -l app=none',
  // kubectl asks the pods in any order.
  'logs -l app=agent --tail=1 -c main | sort',
  'logs -l app=none',
  'logs POD --all-containers=true --prefix --tail=1',
  'logs ds/agent --all-containers --tail=1',
  'logs ds/agent --since-time=2020-01-01T00:00:00Z -c main --tail=1',
  'logs ds/agent --since=1s --since-time=2020-01-01T00:00:00Z',
  'logs ds/agent --tail=-1 -c side',
  'logs ds/agent --tail=-2',
  'logs ds/agent --limit-bytes=-1',
  'logs POD -c main --timestamps=false --tail=1',
  'delete ds nope --dry-run=server',
  'delete ds agent --dry-run=server',
  'delete ds agent --dry-run=client',
  'delete ds agent --dry-run=client -o name',
  'delete ds/agent pods/x --dry-run=client',
  'delete pods --field-selector=status.phase=Failed',
  'delete pods -A -l app=none',
  'delete pods nope --force --grace-period=1',
  'delete ns default --dry-run=server',
  'apply -f test/doubtful.yaml --dry-run=server',
  'apply -f examples/fluentd.yaml --dry-run=server -o name',
  'rollout undo ds/agent --dry-run=server',
  "get ds agent -o jsonpath='{.}'",
  "get ds agent -o jsonpath='{.metadata.labels}{.spec.template.spec.containers[*].name}'",
  'get ds agent -o jsonpath=\'{.spec.template.spec.containers[?(@.name=="side")].image}\'',
  "get ds agent -o jsonpath='{..image} {.nope} {.metadata.name}'",
  "get ds agent -o jsonpath='{.metadata.managedFields[0].manager}'",
  "get ds agent -o jsonpath='{.spec.template.spec.nodeSelector.kubernetes\\.io/os}'",
  'get nodes -o jsonpath=\'{.items[*].status.addresses[?(@.type=="Hostname")].address}\'',
  "get ds,pods -o jsonpath='{.kind} {.items[*].kind}'",
  "get pods -l app=nothing -o jsonpath='{.items[*].kind}'",
  "get ds agent -o jsonpath-as-json='{.spec.template.spec.containers[*].name}'",
  'get ds agent -o jsonpath=.metadata.name',
  "get ds agent -o jsonpath='{.metadata.name'",
  'get ds agent -o jsonpath=',
  'get ds nope -o jsonpath={.kind}',
  'get pods -o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName,NOPE:.spec.nope',
  'get pods -o custom-columns=NAME:metadata.name,IMAGES:{.spec.containers[*].image} --no-headers',
  'get ds agent -o custom-columns=LABELS:.metadata.labels,ARGS:.spec.template.spec.containers[0].args',
  'get ds,pods -o custom-columns=KIND:.kind,NAME:.metadata.name',
  'get pods -l app=nothing -o custom-columns=NAME:.metadata.name',
  'get ds agent -o custom-columns=NAME',
  'get ds agent -o custom-columns=',
  'get --raw /healthz',
  "get --raw '/api/v1/namespaces?limit=1&labelSelector=a%3Db'",
  'get --raw /apis/apps/v1/namespaces/default/daemonsets/agent',
  'get --raw /apis/apps/v1/namespaces/default/daemonsets/nope',
  'get --raw /nope',
  'get --raw nope',
  'get --raw /healthz pods',
  'get --raw /healthz -o yaml',
  'get --raw /healthz -w',
]

const commands = process.env.EVERYNODE_TESTS === 'quick' ? quick : [...quick, ...more]

test.each(commands)('%s', { timeout: 60_000 }, async (command) => {
  const line = command.replace('POD', pod)
  const [ours, theirs] = await both(line)
  // An age may turn between the two, and take its column's width with it.
  const same = JSON.stringify(ours) === JSON.stringify(theirs)
  expect(same ? ours : ageless(ours)).toEqual(same ? theirs : ageless(theirs))
})

function ageless({ code, out, err }: Ran): Ran {
  return { code, out: out.replace(/\b(\d+[smhd])+\b/g, '<age>').replace(/ {2,}/g, '  '), err }
}

async function both(line: string): Promise<[Ran, Ran]> {
  const [ours, theirs] = await Promise.all([shell.run(`everynode ${line}`), shell.run(`kubectl ${line}`)])
  return [alike(ours), alike(theirs)]
}

/** Without what kubectl's own versions say differently: we follow 1.35. */
function alike({ code, out, err }: Ran): Ran {
  return { code, out: out.replace(/^Namespace: .*\n/m, '').replace(/ deleted from \S+ namespace/g, ' deleted'), err }
}

test('apply -o yaml and json print what kubectl prints', { timeout: 60_000 }, async () => {
  await shell.ok('everynode apply -f test/doubtful.yaml')
  await shell.ok('everynode rollout status ds/warned --timeout 20s')
  for (const format of ['yaml', 'json']) {
    const [ours, theirs] = await both(`apply -f test/doubtful.yaml -o ${format}`)
    expect(ours).toEqual(theirs)
  }
  expect(await shell.ok('everynode apply -f examples/daemons -R -o json --dry-run=server')).toMatch(/"kind": "List"/)
  await shell.ok('everynode delete -f test/doubtful.yaml')
})

describe('each goes on where the other was', () => {
  const configMap = (data: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared}\ndata: ${data}\n`
  const steps: [who: string, data: string, outcome: string][] = [
    ['everynode', '{a: "1", b: "<2>"}', 'created'],
    ['kubectl', '{a: "1", b: "<2>"}', 'unchanged'],
    ['kubectl', '{a: "2"}', 'configured'],
    ['everynode', '{a: "2"}', 'unchanged'],
    ['everynode', '{c: "3"}', 'configured'],
    ['kubectl', '{c: "3"}', 'unchanged'],
  ]
  test.each(steps)('%s apply %s: %s', async (who, data, outcome) => {
    expect(await shell.ok(`${who} apply -f -`, configMap(data))).toBe(`configmap/shared ${outcome}\n`)
    expect(await shell.ok('kubectl diff -f -', configMap(data))).toBe('')
  })
})

test('R10.11 restart, undo, and deleting with orphans left, seen by kubectl', { timeout: 60_000 }, async () => {
  await shell.ok('everynode rollout restart ds/agent')
  expect(await shell.ok('everynode rollout status ds/agent --timeout 20s')).toContain('successfully rolled out')
  expect(await shell.ok('everynode rollout undo ds/agent')).toBe('daemonset.apps/agent rolled back\n')
  expect(await shell.ok("kubectl get ds agent -o jsonpath='{.spec.template.metadata.annotations}'")).toBe('')
  await shell.ok('everynode rollout status ds/agent --timeout 20s')
  expect(await shell.ok('everynode delete ds agent --cascade=orphan')).toBe(
    'daemonset.apps "agent" deleted from default namespace\n',
  )
  expect((await shell.ok('kubectl get pods -l app=agent -o name')).trim().split('\n').length).toBeGreaterThanOrEqual(2)
  await shell.ok('everynode delete pods -l app=agent --now')
  expect(await shell.ok('kubectl get pods -l app=agent -o name')).toBe('')
})

test('M11 nodes come and go, and get -w shows it', { timeout: 60_000 }, async () => {
  const watching = shell.start('everynode get nodes -w')
  await watching.saw(/^node-2 /m)
  expect(await shell.ok('everynode node add --count 2 --label zone=z')).toBe(
    'node/node-3 created\nnode/node-4 created\n',
  )
  await watching.saw(/^node-4 +Ready/m)
  expect(await shell.ok('kubectl get nodes -l zone=z -o name')).toBe('node/node-3\nnode/node-4\n')
  expect((await shell.run('everynode node add node-3')).err).toBe('error: nodes "node-3" already exist\n')
  expect(await shell.ok('everynode node remove --count 1')).toBe('node "node-4" deleted\n')
  expect(await shell.ok('everynode node remove node-3')).toBe('node "node-3" deleted\n')
  watching.signal('SIGINT')
  expect(watching.out().match(/^NAME/gm)).toHaveLength(1)
})

test('get --watch-only prints what changes, and nothing before', { timeout: 60_000 }, async () => {
  const watching = shell.start('everynode get nodes --watch-only')
  await shell.until('kubectl label node node-1 turn=$RANDOM --overwrite', () => /^node-1 /m.test(watching.out()))
  watching.signal('SIGINT')
  expect(watching.out()).toMatch(/^NAME /)
  expect(watching.out()).not.toMatch(/^node-2 /m)
})

test('logs -f goes on until Ctrl-C', { timeout: 60_000 }, async () => {
  await shell.ok('kubectl apply -f examples/fluentd.yaml')
  await shell.until('kubectl get ds fluentd', (out) => / 2 +2 +2 /.test(out))
  const following = shell.start('everynode logs -f ds/fluentd')
  await following.saw(/\S+/)
  following.signal('SIGINT')
  expect(await following.exited).toBeLessThan(131)
})

test('a reader that had enough is no failure', async () => {
  const { code, err } = await shell.run('set -o pipefail; everynode get pods -A | head -1 >/dev/null')
  expect([code, err]).toEqual([0, ''])
})
