// `everynode up`: a whole cluster in this process, until Ctrl-C.
import type { Command } from 'commander'
import { addClusterFlags, parseCount, runtimeOption } from '../up/cluster-flags.ts'

const help = `
Examples:
  # Three simulated nodes, and the DaemonSet of this file on each
  everynode up -f fluentd.yaml

  # Real processes on each of the three nodes: a log collector
  everynode up -f examples/log-collector/process.yaml

  # A fleet, in a place of its own
  everynode up --nodes 1000 --data /tmp/fleet --context fleet

The nodes are simulated: their pods are played, not run, and say so wherever you look. A pod that names
a runtime (runtimeClassName: process) is really run, as processes of this machine, with a /var/log and a
root of its own node in the data directory; --runtime process lets all pods of new nodes be run so.
Stop with Ctrl-C. The data stays; the next \`up\` goes on where this one was.`

export function register(program: Command): void {
  const command = program
    .command('up')
    .summary('start a cluster in this process, with a live table of its DaemonSets')
    .description('Start a cluster in this process: API server, controllers and simulated nodes.')
    .option('--nodes <count>', 'at least so many nodes (default: 3, or those of last time)', parseCount)
    .addOption(runtimeOption('what runs the pods that name no runtime, on nodes that are new'))
    .option('-f, --filename <file...>', 'manifests to apply: files, folders, or - for standard input')
  addClusterFlags(command)
    .addHelpText('after', help)
    .action(async (flags) => {
      const { up } = await import('../up/up.ts')
      await up(flags)
    })
}
