// A real control plane on this machine's loopback: etcd, kube-apiserver and kube-scheduler, and our simulated fleet as its
// nodes. Its DaemonSet controller is started by the tests.
import { join } from 'node:path'
import { type Fleet, startFleet } from '../../src/agent/fleet.ts'
import { silentLog } from '../../src/base/log.ts'
import { systemClock, systemRandom } from '../../src/cli/host/system.ts'
import { type StartedApiserver, startApiserver } from './apiserver.ts'
import { managerFlags } from './contestants.ts'
import { freePorts } from './programs.ts'

export async function startControlPlane(): Promise<StartedApiserver> {
  // No controller here makes service accounts, or takes the taint of a new node away.
  const apiserver = await startApiserver({ withoutPlugins: ['ServiceAccount', 'TaintNodesByCondition'] })
  const { client, kubeconfig, home, start } = apiserver
  let fleet: Fleet | undefined
  const stop = async () => {
    await fleet?.stop()
    await apiserver.stop()
  }
  try {
    const [schedulerPort] = await freePorts(1)
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
    return { ...apiserver, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
