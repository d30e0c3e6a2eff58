// A real control plane on this machine's loopback: etcd, kube-apiserver and kube-scheduler, our simulated fleet as its
// nodes, and whichever DaemonSet controller a test starts on it.
import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Fleet, startFleet } from '../../src/agent/fleet.ts'
import { openAuthority } from '../../src/apiserver/identity/authority.ts'
import { kubeconfigEntry } from '../../src/apiserver/identity/kubeconfig-entry.ts'
import { silentLog } from '../../src/base/log.ts'
import { systemClock, systemRandom } from '../../src/cli/host/system.ts'
import { type Client, createClient } from '../../src/client/client.ts'
import { httpSend } from '../../src/client/http.ts'
import { connectionOf, mergeContext, readKubeconfig } from '../../src/client/kubeconfig.ts'
import { type Program, pathOf } from './assets.ts'

export type Contestant = 'kube-controller-manager' | 'everynode'

export interface ControlPlane {
  readonly client: Client
  /** A file with the administrator's context. */
  readonly kubeconfig: string
  /** Started, and known to work: it has the lease. */
  startController(which: Contestant, kubeconfig?: string): Promise<StartedProgram>
  stop(): Promise<void>
}

export interface StartedProgram {
  /** What it has said so far, on both outputs. */
  readonly said: () => string
  readonly exited: Promise<number>
  /** SIGTERM, and its end. */
  stop(): Promise<void>
  kill(): Promise<void>
}

process.setMaxListeners(50)

const root = new URL('../..', import.meta.url).pathname

export async function startControlPlane(): Promise<ControlPlane> {
  const home = mkdtempSync(join(tmpdir(), 'everynode-kubernetes-'))
  const running: StartedProgram[] = []
  const start = (program: Program, flags: readonly string[]) => {
    const started = startProgram(pathOf(program), flags)
    running.push(started)
    return started
  }
  let fleet: Fleet | undefined
  let closeClient = async () => {}
  const stop = async () => {
    await fleet?.stop()
    await closeClient()
    for (const program of running.reverse()) await program.stop()
    rmSync(home, { recursive: true, force: true })
  }
  try {
    const [etcdPort, peerPort, port, schedulerPort] = await freePorts(4)
    const file = (name: string, text: string) => {
      writeFileSync(join(home, name), text, { mode: 0o600 })
      return join(home, name)
    }
    const authority = await openAuthority({ directory: join(home, 'pki'), clock: systemClock, random: systemRandom })
    const serving = await authority.serverCertificate(['127.0.0.1'])
    const admin = await authority.clientCertificate({ user: 'admin', groups: ['system:masters'] })
    const accountKey = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    })
    const entry = kubeconfigEntry({
      name: 'plane',
      host: '127.0.0.1',
      port: port!,
      ca: authority.certificate,
      client: admin,
    })
    const kubeconfig = file('kubeconfig', mergeContext(undefined, entry))

    const etcdUrl = `http://127.0.0.1:${etcdPort}`
    const peerUrl = `http://127.0.0.1:${peerPort}`
    start('etcd', [
      '--name=n1',
      `--data-dir=${join(home, 'etcd')}`,
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=n1=${peerUrl}`,
      // Nothing here is worth a disk's patience.
      '--unsafe-no-fsync',
      '--log-level=error',
    ])
    const apiserver = start('kube-apiserver', [
      `--etcd-servers=${etcdUrl}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${port}`,
      `--tls-cert-file=${file('serving.crt', serving.certificate)}`,
      `--tls-private-key-file=${file('serving.key', serving.key)}`,
      `--client-ca-file=${file('ca.crt', authority.certificate)}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${file('account.pub', accountKey.publicKey)}`,
      `--service-account-signing-key-file=${file('account.key', accountKey.privateKey)}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      '--authorization-mode=RBAC',
      // No controller here makes service accounts, or takes the taint of a new node away.
      '--disable-admission-plugins=ServiceAccount,TaintNodesByCondition',
      '--enable-admission-plugins=OwnerReferencesPermissionEnforcement',
    ])
    const http = httpSend(connectionOf(readKubeconfig(mergeContext(undefined, entry))))
    closeClient = http.close
    const client = createClient({ send: http.send, userAgent: 'everynode-test' })
    await until(
      async () => (await client.raw({ method: 'GET', path: '/readyz' })).status === 200,
      60_000,
      () => `kube-apiserver is not ready:\n${apiserver.said().slice(-4000)}`,
    )
    start('kube-scheduler', [
      `--kubeconfig=${kubeconfig}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${schedulerPort}`,
      `--cert-dir=${join(home, 'scheduler')}`,
      '--kube-api-qps=1000',
      '--kube-api-burst=1000',
    ])
    // What a cluster does besides, the same for both contestants: orphans, cascades, pods of nodes that are gone.
    const manager = async (controllers: string) => [
      `--kubeconfig=${kubeconfig}`,
      `--controllers=${controllers}`,
      '--use-service-account-credentials=false',
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${(await freePorts(1))[0]}`,
      `--cert-dir=${join(home, controllers.slice(0, 8))}`,
      '--v=2',
    ]
    start(
      'kube-controller-manager',
      await manager('garbage-collector-controller,pod-garbage-collector-controller,namespace-controller'),
    )
    fleet = startFleet({
      client,
      clientFor: () => client,
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      behaviour: {},
    })
    await fleet.ready

    return {
      client,
      kubeconfig,
      async startController(which, asWhom = kubeconfig) {
        const started =
          which === 'everynode'
            ? startProgram(process.execPath, [
                join(root, 'bin/everynode.js'),
                'controller',
                `--kubeconfig=${asWhom}`,
                '--listen=127.0.0.1:0',
              ])
            : startProgram(pathOf(which), await manager('daemonset-controller'))
        running.push(started)
        const works = which === 'everynode' ? /works on/ : /Starting daemon sets controller[\s\S]*Caches are synced/
        await until(
          async () => works.test(started.said()),
          30_000,
          () => `${which} does not work:\n${started.said().slice(-4000)}`,
        )
        return started
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Should the tests themselves be killed, what they started ends by itself. */
const longestSeconds = 1200

function startProgram(path: string, flags: readonly string[]): StartedProgram {
  const limited = ['--kill-after=10', String(longestSeconds), path, ...flags]
  const child = spawn('timeout', limited, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let said = ''
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-200_000)
    })
  }
  const exited = new Promise<number>((resolve) => {
    child.on('close', (code) => resolve(code ?? 128))
    child.on('error', () => resolve(127))
  })
  // Whatever becomes of the tests: nothing is left behind.
  const last = () => signalTo(child, 'SIGKILL')
  process.once('exit', last)
  void exited.then(() => process.off('exit', last))
  const end = async (signal: NodeJS.Signals) => {
    signalTo(child, signal)
    const late = setTimeout(() => signalTo(child, 'SIGKILL'), 15_000)
    await exited
    clearTimeout(late)
  }
  return { said: () => said, exited, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}

function signalTo(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  // SIGKILL cannot be passed on by the program around ours: the whole group gets it.
  if (signal === 'SIGKILL') process.kill(-child.pid, signal)
  else child.kill(signal)
}

/** Ports nobody listens on now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

export async function until(check: () => Promise<boolean>, timeoutMs: number, why: () => string): Promise<void> {
  for (const end = Date.now() + timeoutMs; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    if (await check().catch(() => false)) return
    if (Date.now() > end) throw new Error(why())
  }
}
