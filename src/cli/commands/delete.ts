// `everynode delete`: takes objects out of the cluster, with or without what belongs to them.
import { type Command, Option } from 'commander'
import { addConnectFlags } from '../connect-flags.ts'
import { parseDuration } from '../durations.ts'

const help = `
Examples:
  # A DaemonSet and its pods
  everynode delete ds fluentd
  everynode delete -f fluentd.yaml

  # Only the DaemonSet; its pods stay, and a new one of the same selector takes them over
  everynode delete ds fluentd --cascade=orphan

  # Pods of a label, without their grace period
  everynode delete pods -l app=fluentd --now`

export function register(program: Command): void {
  const command = program
    .command('delete')
    .summary('delete objects by name, label or manifest')
    .description('Delete objects by name, label or manifest, and wait until they are gone.')
    .argument('[type]', 'resource (`ds`, `pods`) or resource/name')
    .argument('[names...]', 'names of the objects')
    .option('-f, --filename <file...>', 'manifests of what to delete: files, folders, or - for standard input')
    .option('-R, --recursive', 'folders inside folders, too')
    .option('-l, --selector <labels>', 'all objects with these labels')
    .option('--field-selector <fields>', 'all objects with these fields: status.phase=Failed')
    .option('-A, --all-namespaces', 'of every namespace; with -l, --field-selector or --all')
    .option('--all', 'all objects of the resource in the namespace')
    .addOption(
      new Option('--cascade [policy]', "what becomes of an object's dependents")
        .choices(['background', 'foreground', 'orphan', 'true', 'false'])
        .preset('background')
        .default('background'),
    )
    .option('--grace-period <seconds>', 'seconds a pod gets to end (default: its own)', Number)
    .option('--now', 'the same as --grace-period=1')
    .option('--force', 'with --grace-period=0: do not wait for the node')
    .addOption(
      new Option('--dry-run [strategy]', 'server: only ask the server; client: only say what would be deleted')
        .choices(['none', 'server', 'client'])
        .preset('client'),
    )
    .addOption(new Option('-o, --output <format>', 'name: only the names of what was deleted').choices(['name']))
    .option('--ignore-not-found', 'what is not there is no failure')
    .addOption(
      new Option('--wait [yes]', 'wait until the objects are gone')
        .choices(['true', 'false'])
        .preset('true')
        .default('true'),
    )
    .option('--timeout <duration>', 'how long to wait, e.g. 30s or 2m (default: for ever)', parseDuration)
  addConnectFlags(command)
    .addHelpText('after', help)
    .action(async (type: string | undefined, names: string[], flags) => {
      const { remove } = await import('../delete/delete.ts')
      await remove(type === undefined ? [] : [type, ...names], flags)
    })
}
