// Wrong input at the command line: one clear line that says what is wrong and where, an exit code that is not 0, and
// nothing left behind: no process, no lock, no half-made cluster.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCluster, openShell, type Shell } from './shell.ts'

/** `~` stands for the home of the shell. */
type Case = readonly [line: string, says: string | RegExp]

const daemonSet = `apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      containers:
      - {name: c, image: i}
`
const files: Readonly<Record<string, string | Buffer>> = {
  'good.yaml': daemonSet,
  'malformed.yaml': daemonSet.replace('  template', '   template'),
  'tab.yaml': daemonSet.replace('  name', '\tname'),
  'unknown.yaml': daemonSet.replace('image: i', 'image: i, imagee: j'),
  'type.yaml': daemonSet.replace('spec:\n', 'spec:\n  minReadySeconds: soon\n'),
  'selector.yaml': daemonSet.replace('{app: agent}}\n  template', '{app: other}}\n  template'),
  'name.yaml': daemonSet.replace('name: agent', 'name: Agent'),
  'second.yaml': `${daemonSet.replace('name: agent', 'name: first')}---\n${daemonSet.replace('image: i', 'imagee: i')}`,
  'namespace.yaml': daemonSet.replace('name: agent', 'name: agent\n  namespace: nowhere'),
  'kind.yaml': 'apiVersion: v1\nkind: Foo\nmetadata: {name: a}\n',
  'twice.yaml': 'apiVersion: v1\nkind: ConfigMap\nkind: ConfigMap\nmetadata: {name: a}\n',
  'nameless.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {labels: {a: b}}\n',
  'text.yaml': 'hello\n',
  'bytes.yaml': Buffer.from([0, 159, 146, 150, 255, 10, 58, 0]),
  'empty.yaml': '',
  'comments.yaml': '---\n# nothing\n---\n',
  'cut.json': '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}',
  'folder/notes.txt': 'not a manifest\n',
  'kubeconfig-cut': 'apiVersion: v1\nclusters: [\n',
  'kubeconfig-empty': '',
  'data-of-others/letter.txt': 'Dear',
  'data-newer/everynode.json': '{"format": 2}',
  'data-cut/everynode.json': '{"form',
}

function writeFiles(home: string): void {
  for (const folder of ['folder', 'data-of-others', 'data-newer', 'data-cut', 'data-read-only']) {
    mkdirSync(join(home, folder))
  }
  mkdirSync(join(home, 'data-read-only'), { recursive: true, mode: 0o555 })
  for (const [name, content] of Object.entries(files)) writeFileSync(join(home, name), content)
}

async function expectRefusal(shell: Shell, [line, says]: Case): Promise<void> {
  const { code, out, err } = await shell.run(line.replaceAll('~', shell.home), { timeoutMs: 60_000 })
  const said = err.replaceAll(shell.home, '~')
  // The hint below is commander's second line.
  const [first, ...more] = said
    .trimEnd()
    .split('\n')
    .filter((each) => each !== '(add --help for the flags and examples)')
  if (typeof says === 'string') expect(first).toBe(says)
  else expect(first).toMatch(says)
  expect(more.filter((each) => !/^\(Did you mean .*\?\)$/.test(each))).toEqual([])
  expect(out).toBe('')
  expect(code).toBe(1)
}

describe('without a cluster', () => {
  let shell: Shell
  let before: string[]
  const inHome = () => readdirSync(shell.home, { recursive: true }).map(String).sort()
  beforeAll(() => {
    shell = openShell()
    writeFiles(shell.home)
    before = inHome()
  })
  afterAll(async () => {
    const after = inHome()
    await shell.close()
    expect(after).toEqual(before)
  })

  const words: Case[] = [
    ['everynode upp', "error: unknown command 'upp'"],
    ['everynode rollout stat ds/x', "error: unknown command 'stat'"],
    ['everynode get ds --seletor a=b', "error: unknown option '--seletor'"],
    ['everynode get', "error: missing required argument 'type'"],
    ['everynode up extra', "error: too many arguments for 'up'. Expected 0 arguments but got 1."],
    ['everynode up --nodes -1', "error: option '--nodes <count>' argument '-1' is invalid. Needed is a whole number."],
    ['everynode up --nodes many', /--nodes <count>' argument 'many' is invalid\. Needed is a whole number\.$/],
    ['everynode up --listen a:b', /argument 'a:b' is invalid\. Needed is HOST, HOST:PORT or \[IPv6\]:PORT, such as /],
    ['everynode up --log-level loud', /'loud' is invalid\. Allowed choices are debug, info, warn, error\.$/],
    ['everynode rollout status ds/x --timeout 5x', /A duration like 30s, 1m30s or 2h is needed\.$/],
    ['everynode get ds -o tabel', /^error: .*output format "tabel": wide, yaml, json, name$/],
    ['everynode get foos', 'error: the server doesn\'t have a resource type "foos"'],
    ['everynode apply', "error: required option '-f, --filename <file...>' not specified"],
    ['everynode delete', 'error: you must provide one or more resources by argument or filename'],
    ['everynode node remove', 'error: which nodes? Give names, or --count for any so many'],
    ['everynode node add a --count 2', 'error: give names or --count, not both'],
    ['everynode node add --label x', 'error: --label x: KEY=VALUE is needed'],
  ]
  const manifests: Case[] = [
    [
      'everynode apply -f ~/malformed.yaml',
      /^error: ~\/malformed\.yaml:7:1: All mapping items must start at the same /,
    ],
    ['everynode apply -f ~/tab.yaml', /^error: ~\/tab\.yaml:4:1: Tabs are not allowed as indentation/],
    ['everynode apply -f ~/twice.yaml', 'error: ~/twice.yaml:3:1: Map keys must be unique'],
    ['everynode apply -f ~/cut.json', 'error: ~/cut.json:1:68: Flow map must end with a }'],
    ['everynode apply -f ~/text.yaml', /^error: ~\/text\.yaml:1:1: not a Kubernetes object/],
    ['everynode apply -f ~/bytes.yaml', /^error: ~\/bytes\.yaml:\d:\d: /],
    ['everynode apply -f ~/nameless.yaml', /^error: ~\/nameless\.yaml:3:1: metadata\.name is not set/],
    [
      'everynode apply -f ~/kind.yaml',
      'error: ~/kind.yaml:2:1: resource mapping not found for name "a": no matches for kind "Foo" in version "v1"',
    ],
    ['everynode apply -f ~/empty.yaml', 'error: no objects passed to apply'],
    ['everynode apply -f ~/comments.yaml', 'error: no objects passed to apply'],
    ['everynode apply -f ~/folder', 'error: no objects passed to apply'],
    ['everynode apply -f ~/nothing.yaml', 'error: the path "~/nothing.yaml" does not exist'],
    ['everynode apply -f https://example.com/a.yaml', /: URLs are not read; download it, then give the file$/],
    ['everynode apply -f - < ~/malformed.yaml', /^error: STDIN:7:1: /],
  ]
  const kubeconfigs: Case[] = [
    ['everynode get ds', 'error: no kubeconfig: ~/kubeconfig is not there; `everynode up` writes one'],
    ['everynode get ds --kubeconfig ~/nothing', 'error: kubeconfig ~/nothing: no such file'],
    ['everynode get ds --kubeconfig ~/folder', 'error: kubeconfig ~/folder: it is a directory'],
    [
      'everynode get ds --kubeconfig ~/kubeconfig-cut',
      /^error: ~\/kubeconfig-cut: the kubeconfig is not YAML: line 3, column 1: /,
    ],
    [
      'everynode get ds --kubeconfig ~/kubeconfig-empty',
      'error: the kubeconfig has no current-context, and no context was named',
    ],
    ['everynode get ds --kubeconfig ~/kubeconfig-empty --context a', 'error: context "a" does not exist'],
  ]
  // Nothing is made before all of this is known to be right: no data directory, no context.
  const starting: Case[] = [
    ['everynode up -f ~/malformed.yaml', /^error: ~\/malformed\.yaml:7:1: /],
    ['everynode up -f ~/empty.yaml', 'error: no objects passed to apply'],
    ['everynode up -f ~/nothing.yaml', 'error: the path "~/nothing.yaml" does not exist'],
    ['everynode up -f ~/unknown.yaml', /unknown field "spec\.template\.spec\.containers\[0\]\.imagee" \(~.*:11:29\)$/],
    ['everynode up -f ~/type.yaml', /minReadySeconds of type int32 \(~\/type\.yaml:6:3\)$/],
    ['everynode up -f ~/selector.yaml', /^The DaemonSet "agent" is invalid: .* \(~\/selector\.yaml:8:16\)$/],
    ['everynode up -f ~/name.yaml', /^The DaemonSet "Agent" is invalid: metadata\.name: .* \(~\/name\.yaml:4:3\)$/],
    ['everynode up -f ~/second.yaml', /unknown field .*imagee" \(~\/second\.yaml:23:19\)$/],
    ['everynode up -f ~/namespace.yaml', /^Error from server \(NotFound\): .*: namespaces "nowhere" not found$/],
    [
      'everynode up --kubeconfig ~/kubeconfig-cut',
      /^error: kubeconfig ~\/kubeconfig-cut: the kubeconfig is not YAML: /,
    ],
    ['everynode up --kubeconfig ~/folder', 'error: kubeconfig ~/folder: it is a directory'],
    ['everynode up --data ~/empty.yaml', 'error: data directory ~/empty.yaml: it is a file'],
    ['everynode up --data ~/empty.yaml/a', /^error: data directory ~\/empty\.yaml\/a: ENOTDIR/],
    ['everynode up --data ~/data-of-others', /: it holds something else \(no everynode\.json in it\); choose another /],
    ['everynode down --purge --data ~/data-of-others', /: it holds something else \(no everynode\.json in it\)/],
    [
      'everynode up --data ~/data-newer',
      'error: data directory ~/data-newer: it was written by another version (format 2, this one knows 1)',
    ],
    ['everynode up --data ~/data-cut', /^error: data directory ~\/data-cut: everynode\.json is damaged: /],
    ...(process.getuid?.() === 0
      ? []
      : [['everynode up --data ~/data-read-only/a', /^error: data directory .*: EACCES/] as const]),
    ...(process.platform === 'linux'
      ? [['everynode up --data /proc/a', /^error: data directory \/proc\/a: /] as const]
      : []),
  ]
  // The others in other words: `npm run test:all`.
  const all = process.env.EVERYNODE_TESTS === 'quick' ? starting : [...words, ...manifests, ...kubeconfigs, ...starting]
  test.concurrent.each(all)('%s', { timeout: 120_000 }, async (line, says) => {
    await expectRefusal(shell, [line, says])
  })
})

describe('with a cluster', () => {
  let shell: Shell & { readonly up: { readonly out: () => string } }
  let taken: ReturnType<typeof createServer>
  beforeAll(async () => {
    shell = await openCluster('--nodes 1')
    writeFiles(shell.home)
    taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
  })
  afterAll(async () => {
    taken?.close()
    await shell?.close()
  })

  const cases: Case[] = [
    ['everynode apply -f ~/unknown.yaml', /^Error from server \(BadRequest\): .*imagee" \(~\/unknown\.yaml:11:29\)$/],
    ['everynode apply -f ~/type.yaml', /minReadySeconds of type int32 \(~\/type\.yaml:6:3\)$/],
    ['everynode apply -f ~/selector.yaml', /`selector` does not match template `labels` \(~\/selector\.yaml:8:16\)$/],
    ['everynode apply -f ~/good.yaml -n nowhere', /^Error from server \(NotFound\): .*namespaces "nowhere" not found$/],
    ['everynode get ds nope', 'Error from server (NotFound): daemonsets.apps "nope" not found'],
    ["everynode get pods -l 'a b'", /unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt$/],
    ['everynode rollout undo ds/nope', 'Error from server (NotFound): daemonsets.apps "nope" not found'],
    ['everynode logs nope', 'error: error from server (NotFound): pods "nope" not found in namespace "default"'],
    ['everynode node add -- A_B', /^The Node "A_B" is invalid: metadata\.name: /],
    ['everynode node add node-1', 'error: nodes "node-1" already exist'],
    ['everynode node remove nope', 'error: nodes "nope" not found'],
    ['everynode node remove --count 9', 'error: simulated nodes: asked for 9, there are 1'],
  ]
  test.each(cases)('%s', { timeout: 60_000 }, (line, says) => expectRefusal(shell, [line, says]))

  test.each(['up', 'server'])('%s on its data directory names the process', async (command) => {
    const data = join(shell.home, 'data')
    await expectRefusal(shell, [
      `everynode ${command}`,
      /^error: data directory ~\/data: another everynode uses it \(process \d+\); stop it with `everynode down /,
    ])
    expect(readdirSync(join(data, 'store')).filter((name) => name.includes('lock.')).length).toBeLessThanOrEqual(2)
    expect(await shell.ok('everynode get nodes -o name')).toBe('node/node-1\n')
  })

  test('a port that is taken, and an address that is not here', async () => {
    const { port } = taken.address() as { port: number }
    const kubeconfig = readFileSync(join(shell.home, 'kubeconfig'), 'utf8')
    await expectRefusal(shell, [
      `everynode up --data ~/second --listen 127.0.0.1:${port}`,
      `error: listen on 127.0.0.1:${port}: the port is in use by another program; ` +
        'choose another with --listen 127.0.0.1:PORT (port 0: any free one)',
    ])
    await expectRefusal(shell, [
      'everynode up --data ~/second --listen 192.0.2.1:443',
      'error: listen on 192.0.2.1:443: this machine has no such address',
    ])
    expect(readFileSync(join(shell.home, 'kubeconfig'), 'utf8')).toBe(kubeconfig)
    expect(await shell.ok(`everynode down --purge --data ${shell.home}/second`)).toMatch(
      /^no cluster runs in .*\ndeleted /,
    )
  })

  test('in the middle of a file: what was right stays, what was wrong is told with its place', async () => {
    await shell.ok(`everynode apply -f ${shell.home}/good.yaml`)
    const { code, out, err } = await shell.run(`everynode apply -f ${shell.home}/second.yaml`)
    expect([code, out]).toEqual([1, 'daemonset.apps/first created\n'])
    expect(err).toMatch(/^Error from server \(BadRequest\): error when applying patch ".*": .*imagee" \(.*:23:19\)\n$/)
  })

  test('nobody answers any more', async () => {
    await shell.ok('everynode down')
    await expectRefusal(shell, [
      'everynode apply -f ~/second.yaml',
      /^The connection to the server 127\.0\.0\.1:\d+ was refused - .* \(`everynode up` starts a cluster\)$/,
    ])
    expect(await shell.ok('everynode down')).toMatch(/^no cluster runs in /)
  })
})
