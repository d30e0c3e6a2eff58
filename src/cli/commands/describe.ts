// `everynode describe`: a DaemonSet in words.
import { type Command, Option } from 'commander'
import { addConnectFlags } from '../connect-flags.ts'

const help = `
Examples:
  everynode describe ds fluentd
  everynode describe ds/fluentd -n kube-system`

export function register(program: Command): void {
  const command = program
    .command('describe')
    .summary('a DaemonSet in words: its numbers, template and events')
    .description('A DaemonSet in words: its numbers, its pod template, and what happened to it.')
    .argument('<type>', 'ds, or ds/NAME')
    .argument('[names...]', 'names of the DaemonSets (default: all)')
    .option('-l, --selector <labels>', 'only those with these labels')
    .option('-A, --all-namespaces', 'of every namespace')
    .addOption(
      new Option('--show-events [yes]', 'what happened to them')
        .choices(['true', 'false'])
        .preset('true')
        .default('true'),
    )
  addConnectFlags(command)
    .addHelpText('after', help)
    .action(async (type: string, names: string[], flags) => {
      const { describe } = await import('../describe/describe.ts')
      await describe([type, ...names], flags)
    })
}
