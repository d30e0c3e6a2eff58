// `everynode down`: stops the cluster that runs on a data directory, and with `--purge` removes what it left.
import type { Command } from 'commander'

const help = `
Examples:
  # Stop the cluster that \`everynode up\` started; its data stays
  everynode down

  # Stop it, delete its data, and take its context out of the kubeconfig
  everynode down --purge --data /tmp/fleet`

export function register(program: Command): void {
  program
    .command('down')
    .summary('stop a running cluster')
    .description('Stop the cluster of a data directory. With --purge nothing of it is left.')
    .option('--data <dir>', 'where the cluster lives (default: $EVERYNODE_DATA, else ~/.everynode)')
    .option('--purge', 'also delete its data and its kubeconfig context')
    .addHelpText('after', help)
    .action(async (flags) => {
      const { down } = await import('../up/down.ts')
      await down(flags)
    })
}
