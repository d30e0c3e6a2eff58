// A real control plane on this machine's loopback: etcd, kube-apiserver and kube-scheduler, our simulated fleet as its
// nodes, and whichever DaemonSet controller a test starts on it.
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Fleet, startFleet } from '../../src/agent/fleet.ts'
import { openAuthority } from '../../src/apiserver/identity/authority.ts'
import { kubeconfigEntry } from '../../src/apiserver/identity/kubeconfig-entry.ts'
import { silentLog } from '../../src/base/log.ts'
import { systemClock, systemRandom } from '../../src/cli/host/system.ts'
import { createClient } from '../../src/client/client.ts'
import { httpSend } from '../../src/client/http.ts'
import { connectionOf, mergeContext, readKubeconfig } from '../../src/client/kubeconfig.ts'
import { type Program, pathOf } from './assets.ts'
import { managerFlags } from './contestants.ts'
import { freePorts, type StartedProgram, startProgram, temporaryHome, until } from './programs.ts'

export interface StartedControlPlane {
  /** A file with the administrator's context, in a folder of its own. */
  readonly kubeconfig: string
  stop(): Promise<void>
}

export async function startControlPlane(): Promise<StartedControlPlane> {
  const home = temporaryHome()
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
    // Nothing of it is needed any more; the folder goes with this process.
    await Promise.all(running.map((program) => program.kill()))
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
    start(
      'kube-controller-manager',
      await managerFlags(
        kubeconfig,
        'garbage-collector-controller,pod-garbage-collector-controller,namespace-controller',
      ),
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

    return { kubeconfig, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
