// Agents as processes of their own, joined to a server by the line it prints: what a person has on two machines, on one.
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeCertificate } from '../src/apiserver/identity/certificates.ts'
import { systemRandom } from '../src/cli/host/system.ts'
import { readBody } from '../src/client/body.ts'
import { httpSend } from '../src/client/http.ts'
import { apiRequest } from '../src/client/request.ts'
import { type Background, needsKubectl, openShell, type Shell } from './shell.ts'

let shell: Shell
let server: Background
let line: string
let address: string
let alpha: Background

beforeAll(async () => {
  shell = openShell()
  server = shell.start('everynode server --listen 127.0.0.1:0 --log-level warn')
  await server.saw(/^nodes join with: .*\n/m)
  line = /^nodes join with: (.*)$/m.exec(server.out())![1]!
  address = /--server (\S+)/.exec(line)![1]!
  alpha = shell.start(`${line} --data $HOME/alpha --node-name alpha --node-labels disk=ssd --runtime simulated`)
  await alpha.saw(/^node alpha /m)
}, 60_000)
afterAll(() => shell?.close(), 30_000)

const nodes = 'everynode get nodes --no-headers'

test('B7 a machine joins by the line the server prints, and is what it is', async () => {
  await shell.until(nodes, (out) => /^alpha +Ready /m.test(out))
  const node = JSON.parse(await shell.ok('everynode get node alpha -o json'))
  expect(node.metadata.labels).toMatchObject({ disk: 'ssd', 'kubernetes.io/hostname': 'alpha' })
  expect(Number(node.status.capacity.cpu)).toBeGreaterThan(0)
  expect(node.status.nodeInfo.bootID).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
  expect(node.status.addresses[0]).toEqual({ type: 'InternalIP', address: '127.0.0.1' })
  for (const file of ['agent.json', 'pki/ca.crt', 'pki/kubelet-client-current.pem']) {
    expect(statSync(join(shell.home, 'alpha', file)).mode & 0o777, file).toBe(0o600)
  }
  expect(readFileSync(join(shell.home, 'alpha/agent.json'), 'utf8')).not.toContain(/--token (\S+)/.exec(line)![1]!)
})

test('W12.4 the log of a pod on another machine comes through its agent’s own API', async () => {
  await shell.ok('everynode apply -f examples/fluentd.yaml')
  await shell.until('everynode get pods --no-headers', (out) => /^fluentd-\S+ +1\/1 +Running/m.test(out))
  const log = await shell.until('everynode logs ds/fluentd', (out) => out !== '')
  expect(log).toContain('started on node alpha')
})

test('exec and port-forward by kubectl reach a pod on another machine', async (context) => {
  needsKubectl(context)
  const exec = (rest: string, input?: string) =>
    shell.ok(`kubectl exec ${input === undefined ? '' : '-i '}ds/fluentd -- ${rest}`, input)
  expect(await exec('echo hello')).toBe('hello\n')
  expect(await exec('cat', 'a\nb\n')).toBe('a\nb\n')
  expect((await shell.run('kubectl exec ds/fluentd -- sh -c "exit 7"')).code).toBe(7)
  await shell.ok('kubectl apply -f -', web)
  await shell.until('kubectl get pod web --no-headers', (out) => out.includes('1/1'))
  const forwarding = shell.start('kubectl port-forward pod/web :8080 :9')
  await forwarding.saw(/^Forwarding from 127\.0\.0\.1:\d+/m)
  const port = /127\.0\.0\.1:(\d+)/.exec(forwarding.out())![1]
  for (let i = 0; i < 3; i++) expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('simulated')
  await shell.ok('kubectl delete pod web --now')
  // kubectl sees that the pod has gone.
  expect(await forwarding.exited).toBe(1)
}, 30_000)

const web = `apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  nodeName: alpha
  containers:
  - name: web
    image: web
    ports: [{containerPort: 8080}]
`

const refusals: [what: string, change: (line: string) => string, why: string][] = [
  [
    'another cluster’s hash',
    (text) => text.replace(/sha256:\w{64}/, `sha256:${'0'.repeat(64)}`),
    'the server is not the one that was meant',
  ],
  [
    'a token nobody made',
    (text) => text.replace(/--token \S+/, '--token aaaaaa.aaaaaaaaaaaaaaaa'),
    'the server does not accept the token',
  ],
  ['no hash', (text) => text.replace(/--ca-hash \S+/, ''), '--ca-hash is needed'],
  ['no token', (text) => text.replace(/--token \S+/, ''), 'join it with --token and --ca-hash'],
]

test.each(refusals)('B7 with %s it does not join, and is told why', async (_what, change, why) => {
  const ran = await shell.run(`${change(line)} --data "$(mktemp -d)" --node-name beta --log-level error`)
  expect([ran.code, ran.out]).toEqual([1, ''])
  expect(ran.err).toContain(why)
  expect(await shell.ok(nodes)).not.toContain('beta')
})

test('one agent at a time uses a data directory, and it is of one node', async () => {
  const second = await shell.run(`everynode agent --data $HOME/alpha --log-level error`)
  expect([second.code, second.err]).toEqual([1, expect.stringContaining('another agent uses it')])
})

/** Whom the port of an agent lets in. */
async function askAgent(more: { clientCertificate?: string; clientKey?: string }, path: string) {
  const node = JSON.parse(await shell.ok('everynode get node alpha -o json'))
  const port = node.status.daemonEndpoints.kubeletEndpoint.Port
  const http = httpSend({ server: `https://127.0.0.1:${port}`, insecure: true, ...more })
  try {
    const { status, body } = await http.send(apiRequest({ method: 'GET', path }, 'test/1', undefined))
    return { status, text: (await readBody(body)).toString() }
  } finally {
    await http.close()
  }
}

test('B7 an agent’s API answers nobody but the API server', async () => {
  const [pod = ''] = (await shell.ok('everynode get pods -o name')).split('\n')
  const path = `/containerLogs/default/${pod.replace(/^.*\//, '')}/fluentd`
  const pair = (file: string) => {
    const text = readFileSync(join(shell.home, file), 'utf8')
    return { clientCertificate: text.slice(0, text.indexOf('-----BEGIN PRIVATE KEY')), clientKey: text }
  }
  expect((await askAgent({}, path)).status).toBe(401)
  expect((await askAgent({}, '/healthz')).text).toBe('ok')
  expect((await askAgent(pair('alpha/pki/kubelet-client-current.pem'), path)).text).toMatch(
    /^Forbidden \(user=system:node:alpha/,
  )
  const admin = ['data/pki/admin.crt', 'data/pki/admin.key'].map((file) => readFileSync(join(shell.home, file), 'utf8'))
  const asAdmin = { clientCertificate: admin[0]!, clientKey: admin[1]! }
  expect((await askAgent(asAdmin, path)).text).toMatch(/^Forbidden \(user=kubernetes-admin/)
})

test('an agent that was killed comes back as the same node, without a token', async () => {
  const uid = await shell.ok('everynode get node alpha -o json | grep \'"uid"\'')
  const before = readFileSync(join(shell.home, 'alpha/pki/kubelet-client-current.pem'), 'utf8')
  alpha.signal('SIGKILL')
  await alpha.exited
  alpha = shell.start('everynode agent --data $HOME/alpha --node-labels disk=ssd --runtime simulated')
  await alpha.saw(/^node alpha /m)
  expect(await shell.ok('everynode get node alpha -o json | grep \'"uid"\'')).toBe(uid)
  expect(readFileSync(join(shell.home, 'alpha/pki/kubelet-client-current.pem'), 'utf8')).toBe(before)
}, 30_000)

test('a certificate near its end is renewed by itself, and the agent goes on with the new one', async () => {
  alpha.signal('SIGTERM')
  await alpha.exited
  // What an agent finds that was asleep for most of a year: ten seconds of its certificate are left.
  const ca = ['ca.crt', 'ca.key'].map((file) => readFileSync(join(shell.home, 'data/pki', file), 'utf8'))
  const short = await makeCertificate(
    { for: 'client', commonName: 'system:node:alpha', organizations: ['system:nodes'] },
    { notBeforeMs: Date.now() - 10_000, notAfterMs: Date.now() + 10_000 },
    systemRandom,
    { certificate: ca[0]!, key: ca[1]! },
  )
  const file = join(shell.home, 'alpha/pki/kubelet-client-current.pem')
  writeFileSync(file, `${short.certificate}${short.key}`)
  alpha = shell.start('everynode agent --data $HOME/alpha --runtime simulated')
  await alpha.saw(/^node alpha /m)
  await shell.until(`cat ${file}`, (out) => !out.includes(short.certificate.slice(40, 120)))
  const renewed = JSON.parse(await shell.ok('everynode get lease alpha -n kube-node-lease -o json')).spec.renewTime
  await shell.until(
    'everynode get lease alpha -n kube-node-lease -o json',
    (out) => Date.parse(JSON.parse(out).spec.renewTime) > Date.parse(renewed) + 15_000,
    45_000,
  )
}, 90_000)

test('while the server is away the agent waits, and its node is there again when it comes back', async () => {
  server.signal('SIGKILL')
  await server.exited
  await new Promise((resolve) => setTimeout(resolve, 3000))
  server = shell.start('everynode server --log-level warn')
  await server.saw(/^nodes join with: .*\n/m)
  // The same place and the same token as before.
  expect(server.out()).toContain(line)
  expect(address).toBe(/--server (\S+)/.exec(server.out())![1])
  const since = Date.now()
  await shell.until(
    'everynode get lease alpha -n kube-node-lease -o json',
    (out) => Date.parse(JSON.parse(out).spec.renewTime) > since,
    45_000,
  )
  await shell.until(nodes, (out) => /^alpha +Ready /m.test(out))
  expect(await shell.until('everynode logs ds/fluentd', (out) => out !== '')).toContain('simulated container fluentd')
}, 90_000)

test('tokens are made, listed and taken back; who has joined stays', async () => {
  const made = await shell.ok("everynode token create --ttl 1h --description 'rack 7'")
  expect(made).toMatch(
    new RegExp(`^everynode agent --server ${address} --token \\w{6}\\.\\w{16} --ca-hash sha256:\\w{64}\n$`),
  )
  const token = /--token (\S+)/.exec(made)![1]!
  expect(await shell.ok('everynode token list')).toMatch(
    new RegExp(`^${token} +59m +\\S+ +authentication +rack 7 +<none>$`, 'm'),
  )
  expect(await shell.ok(`everynode token delete ${token}`)).toBe(`bootstrap token "${token.slice(0, 6)}" deleted\n`)
  expect((await shell.run(`everynode token delete ${token}`)).err).toContain('it is not there')
  const late = await shell.run(`${made.trim()} --data $HOME/late --node-name late --log-level error`)
  expect(late.err).toContain('the server does not accept the token')
  expect(await shell.ok(nodes)).toMatch(/^alpha +Ready/m)
})

test('without a serving certificate pods run, and the agent goes on asking; a port that is taken is said', async (context) => {
  needsKubectl(context)
  const token = (await shell.ok('everynode token create')).trim()
  await shell.ok('everynode delete clusterrolebinding everynode:node-autoapprove-serving-certificate')
  const delta = shell.start(`${token} --data $HOME/delta --node-name delta --runtime simulated`)
  await delta.saw(/^node delta /m)
  await shell.ok('everynode apply -f -', web.replaceAll('web', 'lone').replace('alpha', 'delta'))
  await shell.until('everynode get pod lone --no-headers', (out) => out.includes('1/1'))
  const asked = await shell.until('kubectl get csr --no-headers', (out) =>
    /kubelet-serving +system:node:delta .* Pending/.test(out),
  )
  const [name = ''] = /^\S+(?= .*system:node:delta .*Pending)/m.exec(asked) ?? []
  expect((await shell.run('everynode logs lone')).err).toContain('the kubelet of node "delta" cannot be reached')
  await shell.ok(`kubectl certificate approve ${name}`)
  await shell.until('everynode logs lone', (out) => out.includes('node delta'))
  delta.signal('SIGTERM')
  await delta.exited
  const port = JSON.parse(await shell.ok('everynode get node alpha -o json')).status.daemonEndpoints.kubeletEndpoint
    .Port
  const second = await shell.run(`everynode agent --data $HOME/delta --port ${port} --log-level error`)
  expect([second.code, second.err]).toEqual([1, expect.stringContaining('the port is in use by another program')])
}, 60_000)

test('as a service: the unit runs the node that has joined, and holds no token', async () => {
  const made = (await shell.ok('everynode token create')).trim()
  const asked = `${made} --data $HOME/gamma --node-name gamma --runtime simulated --unit-file $HOME/gamma.service --install`
  expect((await shell.run(asked)).err).toContain('there is nobody to ask: --yes')
  const said = await shell.ok(`${asked} --yes`)
  const unit = readFileSync(join(shell.home, 'gamma.service'), 'utf8')
  expect(said).toContain(unit)
  expect(unit).not.toContain(/--token (\S+)/.exec(made)![1]!)
  expect(await shell.ok(nodes)).not.toContain('gamma')
  const gamma = shell.start(/^ExecStart=(.*)$/m.exec(unit)![1]!)
  await gamma.saw(/^node gamma /m)
  await shell.until(nodes, (out) => /^gamma +Ready /m.test(out))
  gamma.signal('SIGTERM')
  expect(await gamma.exited).toBe(0)
})
