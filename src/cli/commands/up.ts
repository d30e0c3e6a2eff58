// `everynode up`: a whole cluster in this process, until Ctrl-C.
import type { Command } from 'commander'
import { addClusterFlags, parseCount } from '../up/cluster-flags.ts'

const help = `
Examples:
  # Three simulated nodes, and the DaemonSet of this file on each
  everynode up -f fluentd.yaml

  # A fleet, in a place of its own
  everynode up --nodes 1000 --data /tmp/fleet --context fleet

The nodes are simulated: their pods are played, not run, and say so wherever you look.
Stop with Ctrl-C. The data stays; the next \`up\` goes on where this one was.`

export function register(program: Command): void {
  const command = program
    .command('up')
    .summary('start a cluster in this process, with a live table of its DaemonSets')
    .description('Start a cluster in this process: API server, controllers and simulated nodes.')
    .option('--nodes <count>', 'at least so many nodes (default: 3, or those of last time)', parseCount)
    .option('-f, --filename <file...>', 'manifests to apply: files, folders, or - for standard input')
  addClusterFlags(command)
    .addHelpText('after', help)
    .action(async (flags) => {
      const { up } = await import('../up/up.ts')
      await up(flags)
    })
}
