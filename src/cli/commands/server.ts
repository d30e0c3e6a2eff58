// `everynode server`: the control plane alone, for those who bring their own nodes; it logs to standard error.
import type { Command } from 'commander'
import { addClusterFlags } from '../up/cluster-flags.ts'

const help = `
Examples:
  # The control plane on a fixed port; logs go to standard error as lines of JSON
  everynode server --listen 127.0.0.1:6443 --data /var/lib/everynode

  # Without its own DaemonSet controller: \`everynode controller\` does that work, in a process of its own
  everynode server --controllers='*,-daemonset'

  # Two simulated nodes for it, from another terminal
  everynode node add --count 2`

export function register(program: Command): void {
  const command = program
    .command('server')
    .summary('start the control plane alone, without a table')
    .description('Start the control plane: API server and controllers. Nodes are added with `everynode node add`.')
  addClusterFlags(command)
    .addHelpText('after', help)
    .action(async (flags) => {
      const { server } = await import('../up/server.ts')
      await server(flags)
    })
}
