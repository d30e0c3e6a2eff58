// Who may ask for a session, what is refused and in which words, and what the simulated container at its end does: from
// the request to the runtime, with no socket between.

import { expect, onTestFinished, test } from 'vitest'
import { type AgentWorld, agentWorld, settle } from '../../../test/agent-world.ts'
import type { Asked } from '../../../test/world.ts'
import type { ContainerEnd, ContainerSession, PortSession, TerminalSize } from '../../api/session.ts'
import { type ByteWriter, Pipe } from '../../base/pipe.ts'

const base = '/api/v1/namespaces/default/pods'
const webSocket = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}
const spdy = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' }
const portSpdy = { ...spdy, 'x-stream-protocol-version': 'portforward.k8s.io' }

async function world(): Promise<AgentWorld> {
  const made = await agentWorld()
  onTestFinished(async () => {
    await made.fleet.stop()
    made.server.close()
  })
  await made.addNode('n1')
  const ports = [{ containerPort: 8080 }, { containerPort: 53, protocol: 'UDP' }]
  await made.addPod('p', 'n1', { containers: [{ name: 'main', image: 'app:1', ports }] })
  await made.pass(3000)
  return made
}

class Heard implements ByteWriter {
  text = ''
  async write(chunk: Uint8Array): Promise<boolean> {
    this.text += Buffer.from(chunk).toString()
    return true
  }
  end(): void {}
}

interface Ran {
  readonly out: Heard
  readonly err: Heard
  readonly stdin: Pipe
  readonly gone: AbortController
  readonly end: Promise<ContainerEnd>
}

/** Asks for it as `kubectl exec -i` does, and runs what it gets. */
async function exec(made: AgentWorld, query: string, sizes?: TerminalSize[]): Promise<Ran> {
  const line = `GET ${base}/p/exec?stdin=true&stdout=true&stderr=true&${query}`
  const answer = await made.send(line, { headers: webSocket })
  expect(answer.status).toBe(101)
  return run(answer.upgrade!.session as ContainerSession, sizes)
}

function run(session: ContainerSession, sizes?: TerminalSize[]): Ran {
  const [out, err, stdin, gone] = [new Heard(), new Heard(), new Pipe(1000), new AbortController()]
  const resizes = (async function* () {
    yield* sizes ?? []
  })()
  const end = session.run({
    stdin,
    stdout: out,
    stderr: session.wants.stderr ? err : undefined,
    resizes: session.wants.tty ? resizes : undefined,
    gone: gone.signal,
  })
  return { out, err, stdin, gone, end }
}

const words = (...command: string[]) => command.map((word) => `command=${encodeURIComponent(word)}`).join('&')
const script = (text: string) => words('sh', '-c', text)

const commands: [query: string, out: string, err: string, exitCode: number][] = [
  [words('echo', 'hello', 'there'), 'hello there\n', '', 0],
  [words('/bin/echo', '-n', 'x'), 'x', '', 0],
  [words('echo'), '\n', '', 0],
  [words('true'), '', '', 0],
  [words('false'), '', '', 1],
  [words('hostname'), 'p\n', '', 0],
  [words('tty'), 'not a tty\n', '', 1],
  [words('stty', 'size'), '', "stty: 'standard input': Inappropriate ioctl for device\n", 1],
  [words('cat', '/etc/passwd'), '', 'cat: /etc/passwd: this pod is simulated; it has no files\n', 1],
  [words('sleep', 'long'), '', "sleep: invalid time interval 'long'\n", 1],
  [words('nginx', '-t'), '', 'nginx: this pod is simulated; nothing runs in it\n', 127],
  [words('constructor'), '', 'constructor: this pod is simulated; nothing runs in it\n', 127],
  [script('echo a; echo b && false || echo c'), 'a\nb\nc\n', '', 0],
  [script('false && echo no; exit 300'), '', '', 44],
  [script(`echo "$HOSTNAME" '$HOSTNAME' \${HOSTNAME}$none \\$ "a\\"b"`), 'p $HOSTNAME p $ a"b\n', '', 0],
  [script('false; echo $?'), '1\n', '', 0],
  [script('echo a # b\necho c'), 'a\nc\n', '', 0],
  [script('sh -c "exit 3"; echo $?'), '3\n', '', 0],
  [script('echo $(date)'), '', 'sh: this is the shell of a simulated pod: "$" is not known here\n', 2],
  [script('echo x > /tmp/y'), '', 'sh: this is the shell of a simulated pod: ">" is not known here\n', 2],
  [script("echo 'unclosed"), '', `sh: this is the shell of a simulated pod: "'" is not known here\n`, 2],
  [script(' '), '', '', 0],
]
test('W12.5 W12.6 the toy shell of a simulated container says what it can, and that it is none', async () => {
  const made = await world()
  for (const [query, out, err, exitCode] of commands) {
    const ran = await exec(made, query)
    const end = await ran.end
    expect([query, ran.out.text, ran.err.text, end]).toEqual([query, out, err, { ended: 'exit', exitCode }])
  }
})

test('W12.5 lines that are typed: with a terminal they are seen, without one only what they say', async () => {
  const made = await world()
  const bare = await exec(made, words('sh'))
  await bare.stdin.write(Buffer.from('echo one\nexit 5\n'))
  expect(await bare.end).toEqual({ ended: 'exit', exitCode: 5 })
  expect(bare.out.text).toBe('one\n')
  const ended = await exec(made, `${words('sh')}&tty=true`)
  await ended.stdin.write(Buffer.from('false\r\u0004'))
  expect(await ended.end).toEqual({ ended: 'exit', exitCode: 1 })

  const seen = await exec(made, `${words('sh')}&tty=true`)
  await seen.stdin.write(Buffer.from('echp\u007fo w\u0015echo two\r\u0003exit 6\r'))
  expect(await seen.end).toEqual({ ended: 'exit', exitCode: 6 })
  const erased = '\b \b'.repeat(6)
  expect(seen.out.text.split('\r\n').slice(2)).toEqual([
    `$ echp\b \bo w${erased}echo two`,
    'two',
    '$ ^C',
    '$ exit 6',
    '',
  ])
})

test('W12.5 a terminal: its name, its size, one output', async () => {
  const made = await world()
  const answer = await made.send(`GET ${base}/p/exec?stdout=true&stderr=true&tty=true&${words('tty')}`, {
    headers: webSocket,
  })
  const session = answer.upgrade!.session as ContainerSession
  expect(session.wants).toEqual({ stdin: false, stdout: true, stderr: false, tty: true })
  const sized = await exec(made, `${words('stty', 'size')}&tty=true`, [{ width: 80, height: 24 }])
  await sized.end
  const named = await exec(made, `${script('tty; nothing')}&tty=true`)
  await named.end
  expect([sized.out.text, named.out.text]).toEqual([
    '24 80\r\n',
    '/dev/pts/0\r\nnothing: this pod is simulated; nothing runs in it\r\n',
  ])
})

test('W12.5 cat gives back what comes until its end', async () => {
  const { out, stdin, end } = await exec(await world(), words('cat'))
  for (let said = 0; said < 100; said++) await stdin.write(Buffer.alloc(100, 'x'))
  stdin.end()
  expect([await end, out.text.length]).toEqual([{ ended: 'exit', exitCode: 0 }, 10_000])
})

test('W12.6 a command ends with its container, and when nobody is there any more', async () => {
  const made = await world()
  const [stays, goes] = [await exec(made, words('sleep', '1000')), await exec(made, words('sleep', '1000'))]
  goes.gone.abort()
  expect(await goes.end).toEqual({ ended: 'exit', exitCode: 137 })
  await made.ask(`DELETE ${base}/p`)
  await made.pass(2000)
  expect(await stays.end).toEqual({ ended: 'exit', exitCode: 137 })
})

test('W12.5 attach: what the container writes from now on, until it ends', async () => {
  const made = await world()
  await made.addPod('talks', 'n1', {}, { 'simulated.everynode.dev/log-every-ms': '1000' })
  await made.pass(3600)
  const answer = await made.send(`POST ${base}/talks/attach?stdout=true&stdin=true`, { headers: spdy })
  const attached = run(answer.upgrade!.session as ContainerSession)
  await settle()
  expect(attached.out.text).toBe('')
  await made.pass(2000)
  expect(attached.out.text).toMatch(/^simulated container main: line \d+\nsimulated container main: line \d+\n$/)
  await made.ask(`DELETE ${base}/talks`)
  await made.pass(2000)
  expect(await attached.end).toEqual({ ended: 'exit', exitCode: 0 })
})

test('W12.7 port-forward: a page behind a declared port, nobody behind another, over when the pod goes', async () => {
  const made = await world()
  const answer = await made.send(`POST ${base}/p/portforward`, { headers: portSpdy })
  const session = answer.upgrade!.session as PortSession
  const gone = new AbortController()
  const ask = async (port: number, request: string) => {
    const [input, output] = [new Pipe(1000), new Heard()]
    await input.write(Buffer.from(request))
    input.end()
    return { problem: await session.connect(port, { input, output, gone: gone.signal }), text: output.text }
  }
  const page = await ask(8080, 'GET /x HTTP/1.1\r\nHost: y\r\n\r\n')
  expect(page.text).toMatch(
    /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nThis is port 8080 .* pod default\/p on node n1\.\n.*GET \/x\n$/s,
  )
  expect((await ask(8080, 'HEAD / HTTP/1.0\r\n\r\n')).text).toMatch(/\r\n\r\n$/)
  expect((await ask(8080, 'SSH-2.0\r\n\r\n')).text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
  expect(await ask(8080, '')).toEqual({ problem: undefined, text: '' })
  const { uid } = (await made.pod('p')).metadata
  for (const port of [99, 53]) {
    expect((await ask(port, '')).problem).toBe(
      `error forwarding port ${port} to pod p, uid ${uid}: dial tcp4 127.0.0.1:${port}: connect: connection refused`,
    )
  }
  const over = session.over(gone.signal)
  await made.ask(`DELETE ${base}/p`)
  await made.pass(2000)
  await over
  expect((await ask(8080, '')).problem).toContain('connection refused')
})

test('W12.7 ports that the request names, as the Python client does', async () => {
  const made = await world()
  const portsOf = async (query: string) => {
    const answer = await made.send(`GET ${base}/p/portforward?${query}`, { headers: webSocket })
    return (answer.upgrade?.session as PortSession | undefined)?.ports
  }
  expect(await portsOf('ports=8080,80&ports=81')).toEqual([8080, 80, 81])
})

const asWebSocket: Asked = { headers: webSocket }
const refused: [name: string, line: string, asked: Asked, status: number, message: string][] = [
  ['no upgrade', 'GET p/exec?stdout=1&command=x', {}, 400, 'Upgrade request required'],
  ['a pod that is not there', 'GET nope/exec?stdout=1&command=x', asWebSocket, 404, 'pods "nope" not found'],
  ['a container it has not', 'GET p/exec?container=x&stdout=1', asWebSocket, 400, 'container x is not valid for pod p'],
  [
    'which of two?',
    'GET two/exec?stdout=1',
    asWebSocket,
    400,
    'a container name must be specified for pod two, choose one of: [a b]',
  ],
  ['no node yet', 'GET waits/exec?stdout=1', asWebSocket, 400, 'pod waits does not have a host assigned'],
  ['a node that does not run', 'GET far/exec?stdout=1', asWebSocket, 500, 'the kubelet of node "n9" cannot be reached'],
  [
    'no stream at all',
    'GET p/exec?command=x',
    asWebSocket,
    400,
    'you must specify at least 1 of stdin, stdout, stderr',
  ],
  ['a container that has ended', 'GET ended/exec?stdout=1', asWebSocket, 500, 'container not found ("main")'],
  ['attach to it', 'GET ended/attach?stdout=1', asWebSocket, 500, 'container not found ("main")'],
  ['no ports', 'GET p/portforward', asWebSocket, 400, 'query parameter "ports" is required'],
  ['what is no port', 'GET p/portforward?ports=80,x', asWebSocket, 400, 'unable to parse "x" as a port'],
  ['too many', `GET p/portforward?ports=${'1,'.repeat(128)}1`, asWebSocket, 400, 'at most 128 ports at a time'],
  ['other verbs', 'PUT p/exec', asWebSocket, 405, ''],
]
test('W12.7 refused, in upstream’s words', async () => {
  const made = await world()
  const two = ['a', 'b'].map((name) => ({ name, image: 'x' }))
  await made.addPod('two', 'n1', { containers: two })
  await made.addPod('far', 'n9')
  await made.addPod('ended', 'n1', { restartPolicy: 'Never' }, { 'simulated.everynode.dev/exit-after-ms': '100' })
  await made.ask(`POST ${base}`, { body: { metadata: { name: 'waits' }, spec: { containers: [two[0]] } } })
  await made.pass(3000)
  for (const [name, line, asked, status, message] of refused) {
    const [method, rest] = line.split(' ')
    const { status: seen, text } = await made.ask(`${method} ${base}/${rest}`, asked)
    expect([name, seen]).toEqual([name, status])
    expect([name, text.replaceAll('\\"', '"')]).toEqual([name, expect.stringContaining(message)])
  }
})

test('W12.5 B7 pods/exec is a right of its own: create, and for a WebSocket get as well', async () => {
  const made = await world()
  const can = async (name: string, resource: string, verbs: string[]) => {
    const rules = [{ verbs, apiGroups: [''], resources: [resource] }]
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default'
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name }
    const subjects = [{ kind: 'User', apiGroup: roleRef.apiGroup, name }]
    await made.ask(`POST ${rbac}/roles`, { body: { metadata: { name }, rules } })
    await made.ask(`POST ${rbac}/rolebindings`, { body: { metadata: { name }, subjects, roleRef } })
  }
  await can('all', 'pods/exec', ['create', 'get'])
  await can('creator', 'pods/exec', ['create'])
  await can('reader', 'pods/exec', ['get'])
  await can('other', 'pods', ['*'])
  const answers: Record<string, number[]> = {}
  for (const name of ['all', 'creator', 'reader', 'other', 'nobody']) {
    const user = { name, groups: ['system:authenticated'] }
    const query = 'exec?stdout=true&command=true'
    const overWebSocket = await made.send(`GET ${base}/p/${query}`, { user, headers: webSocket })
    const overSpdy = await made.send(`POST ${base}/p/${query}`, { user, headers: spdy })
    const attach = await made.send(`POST ${base}/p/attach?stdout=true`, { user, headers: spdy })
    answers[name] = [overWebSocket.status, overSpdy.status, attach.status]
  }
  expect(answers).toEqual({
    all: [101, 101, 403],
    creator: [403, 101, 403],
    reader: [403, 403, 403],
    other: [403, 403, 403],
    nobody: [403, 403, 403],
  })
  const user = { name: 'reader', groups: ['system:authenticated'] }
  const { json } = await made.ask(`GET ${base}/p/exec?stdout=1`, { user, headers: webSocket })
  expect(json.message).toContain(
    'User "reader" cannot create resource "pods/exec" in API group "" in the namespace "default"',
  )
})
