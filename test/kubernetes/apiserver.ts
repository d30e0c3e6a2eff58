// etcd and kube-apiserver on this machine's loopback, and nothing else.
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openAuthority } from '../../src/apiserver/identity/authority.ts'
import { kubeconfigEntry } from '../../src/apiserver/identity/kubeconfig-entry.ts'
import { systemClock, systemRandom } from '../../src/cli/host/system.ts'
import { type Client, createClient } from '../../src/client/client.ts'
import { httpSend } from '../../src/client/http.ts'
import { connectionOf, mergeContext, readKubeconfig } from '../../src/client/kubeconfig.ts'
import { type Program, pathOf } from './assets.ts'
import { freePorts, type StartedProgram, startProgram, temporaryHome, until } from './programs.ts'

export interface StartedApiserver {
  readonly client: Client
  /** A file with the administrator's context. */
  readonly kubeconfig: string
  /** A folder that goes with this process. */
  readonly home: string
  /** Ends with the server. */
  start(program: Program, flags: readonly string[]): void
  stop(): Promise<void>
}

export interface ApiserverOptions {
  /** Admission plugins that are off; default: none. */
  readonly withoutPlugins?: readonly string[]
}

export async function startApiserver({ withoutPlugins = [] }: ApiserverOptions = {}): Promise<StartedApiserver> {
  const home = temporaryHome()
  const running: StartedProgram[] = []
  const start = (program: Program, flags: readonly string[]) => {
    const started = startProgram(pathOf(program), flags)
    running.push(started)
    return started
  }
  let closeClient = async () => {}
  const stop = async () => {
    await closeClient()
    // Nothing of it is needed any more; the folder goes with this process.
    await Promise.all(running.map((program) => program.kill()))
  }
  try {
    const [etcdPort, peerPort, port] = await freePorts(3)
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
      ...(withoutPlugins.length === 0 ? [] : [`--disable-admission-plugins=${withoutPlugins.join()}`]),
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
    return { client, kubeconfig, home, start, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
