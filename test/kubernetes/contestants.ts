// Whoever may be the DaemonSet controller of a cluster: the original, or ours; each as a process of its own.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pathOf } from './assets.ts'
import { freePorts, type StartedProgram, startProgram, until } from './programs.ts'

export type Contestant = 'kube-controller-manager' | 'everynode'
export const contestants: readonly Contestant[] = ['kube-controller-manager', 'everynode']

const program = fileURLToPath(new URL('../../bin/everynode.js', import.meta.url))

/** Resolves when it works: it has the lease, its caches are full. */
export async function startController(
  which: Contestant,
  kubeconfig: string,
  flags: readonly string[] = [],
): Promise<StartedProgram> {
  const started =
    which === 'everynode'
      ? startProgram(process.execPath, [
          program,
          'controller',
          `--kubeconfig=${kubeconfig}`,
          '--listen=127.0.0.1:0',
          ...flags,
        ])
      : startProgram(pathOf(which), [...(await managerFlags(kubeconfig, 'daemonset-controller')), ...flags])
  const works = which === 'everynode' ? /works on/ : /Starting daemon sets controller[\s\S]*Caches are synced/
  await until(
    async () => works.test(started.said()),
    60_000,
    () => `${which} does not work:\n${started.said().slice(-4000)}`,
  )
  return started
}

/** kube-controller-manager with these controllers of its own, and no others. */
export async function managerFlags(kubeconfig: string, controllers: string): Promise<string[]> {
  const [port] = await freePorts(1)
  return [
    `--kubeconfig=${kubeconfig}`,
    `--controllers=${controllers}`,
    '--use-service-account-credentials=false',
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${join(dirname(kubeconfig), `manager-${port}`)}`,
    // Several scenarios are played at a time: what is compared is what they do, not how long they wait.
    '--kube-api-qps=1000',
    '--kube-api-burst=1000',
    '--v=2',
  ]
}
