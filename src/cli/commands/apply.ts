// `everynode apply`: makes the cluster have what manifests say.
import { type Command, Option } from 'commander'
import { addConnectFlags } from '../connect-flags.ts'

const help = `
Examples:
  # A DaemonSet from a file
  everynode apply -f fluentd.yaml

  # Every manifest of a folder, and what another program prints
  everynode apply -f manifests/
  generate | everynode apply -f -

  # What would change?
  everynode apply -f fluentd.yaml --dry-run=server`

export function register(program: Command): void {
  const command = program
    .command('apply')
    .summary('create or change objects so that they are as manifests say')
    .description(
      'Create or change objects so that they are as manifests say. What others set, and no manifest of yours ever said, ' +
        'stays. Works on with what `kubectl apply` made, and the other way round.',
    )
    .requiredOption('-f, --filename <file...>', 'files, folders, or - for standard input')
    .option('-R, --recursive', 'folders inside folders, too')
    .addOption(
      new Option('--dry-run [strategy]', 'server: only ask the server what would happen')
        .choices(['none', 'server'])
        .preset('server'),
    )
  command.addOption(
    new Option('-o, --output <format>', 'what was applied, instead of a line for it').choices(['name', 'yaml', 'json']),
  )
  addConnectFlags(command)
    .addHelpText('after', help)
    .action(async (flags) => {
      const { apply } = await import('../apply/apply.ts')
      await apply(flags)
    })
}
