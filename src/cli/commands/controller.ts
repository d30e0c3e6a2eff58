// `everynode controller`: the DaemonSet controller alone, against any API server.
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ControllerFlags } from '../controller/controller.ts'
import { parseDuration } from '../durations.ts'
import { parseAddress } from '../up/cluster-flags.ts'

const help = `
The server's own DaemonSet controller must be off: on Kubernetes kube-controller-manager runs with
--controllers=*,-daemonset-controller, on everynode the server with --controllers='*,-daemonset'.
Several may run at a time: one leads, and when it stops the next one goes on.

Examples:
  # For the cluster of the current context
  everynode controller

  # Two of them for a server on this machine
  everynode server --controllers='*,-daemonset'
  everynode controller --listen 127.0.0.1:0
  everynode controller --listen 127.0.0.1:0`

export function register(program: Command): void {
  program
    .command('controller')
    .summary('run the DaemonSet controller against any API server')
    .description('Run the DaemonSet controller against the API server of the kubeconfig, or of the pod it runs in.')
    .option('--context <name>', 'context of the kubeconfig (default: its current one)')
    .option('--kubeconfig <file>', 'kubeconfig file (default: $KUBECONFIG, else ~/.kube/config, else the pod it is in)')
    .addOption(
      new Option(
        '--placement <mode>',
        'who brings a pod to its node: this controller, or the scheduler (default: scheduler; on an everynode server node-name)',
      ).choices(['node-name', 'scheduler']),
    )
    .addOption(
      new Option('--pod-names <kind>', "how a DaemonSet's pods get their names: by chance, or from node and revision")
        .choices(['generated', 'derived'])
        .default('generated'),
    )
    .option('--no-leader-elect', 'do not ask for a lease: there is no other controller')
    .addOption(duration('--leader-elect-lease-duration', 'how long others wait for a leader that says nothing', '15s'))
    .addOption(duration('--leader-elect-renew-deadline', 'a leader that cannot renew for so long gives up', '10s'))
    .addOption(duration('--leader-elect-retry-period', 'between two looks at the lease', '2s'))
    .option('--leader-elect-resource-name <name>', 'name of the lease', 'everynode-controller')
    .option('--leader-elect-resource-namespace <name>', 'namespace of the lease', 'kube-system')
    .addOption(
      new Option('--kube-api-qps <number>', 'most requests a second; 0: no limit, the server keeps order by itself')
        .argParser(parseRate)
        .default(0),
    )
    .addOption(
      new Option('--kube-api-burst <number>', 'requests that may come at once before that limit counts')
        .argParser(parseRate)
        .default(30),
    )
    .addOption(
      new Option('--listen <address>', 'address of /metrics, /healthz and /readyz; port 0 is any free one')
        .argParser(parseAddress)
        .default({ host: '127.0.0.1', port: undefined }, '127.0.0.1:10358'),
    )
    .addOption(
      new Option('--log-level <level>', 'least important line that is logged')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .addHelpText('after', help)
    .action(async (flags: ControllerFlags) => {
      const { controller } = await import('../controller/controller.ts')
      await controller(flags)
    })
}

function duration(name: string, text: string, usual: string): Option {
  return new Option(`${name} <duration>`, text).argParser(parseDuration).default(parseDuration(usual), usual)
}

function parseRate(text: string): number {
  const rate = Number(text)
  if (text.trim() === '' || !Number.isFinite(rate) || rate < 0)
    throw new InvalidArgumentError('Needed is a number, 0 or more.')
  return rate
}
