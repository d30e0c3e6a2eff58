// `everynode rollout`: where the update of a DaemonSet stands, and the way back.
import { type Command, Option } from 'commander'
import { addConnectFlags } from '../connect-flags.ts'
import { parseDuration } from '../durations.ts'
import { parseCount } from '../up/cluster-flags.ts'

const help = `
Examples:
  everynode rollout status ds/fluentd --timeout 2m
  everynode rollout history ds/fluentd --revision 2
  everynode rollout undo ds/fluentd
  everynode rollout pause ds/fluentd
  everynode rollout restart ds/fluentd`

type Acts = typeof import('../rollout/rollout.ts') & typeof import('../rollout/pause.ts')

export function register(program: Command): void {
  const rollout = program
    .command('rollout')
    .helpCommand(false)
    .summary('status, history, undo, restart, pause or resume of an update')
    .description(
      'See where the update of a DaemonSet stands, hold it, go back to an older revision, or restart its pods.',
    )
    .addHelpText('after', help)
  const add = (name: string, description: string, example: string, act: (acts: Acts) => Acts['rolloutStatus']) => {
    const command = rollout
      .command(name)
      .description(description)
      .argument('[type]', 'ds/NAME, or ds')
      .argument('[names...]', 'names of the DaemonSets (default: all)')
      .option('-l, --selector <labels>', 'only DaemonSets with these labels')
    return addConnectFlags(command)
      .addHelpText('after', `\nExample:\n  ${example}`)
      .action(async (type: string | undefined, names: string[], flags) => {
        const acts = { ...(await import('../rollout/rollout.ts')), ...(await import('../rollout/pause.ts')) }
        await act(acts)(type === undefined ? [] : [type, ...names], flags)
      })
  }
  add(
    'status',
    'Wait until the update is finished.',
    'everynode rollout status ds/fluentd',
    (acts) => acts.rolloutStatus,
  )
    .addOption(
      new Option('-w, --watch [yes]', 'wait; false: only say where it stands')
        .choices(['true', 'false'])
        .preset('true')
        .default('true'),
    )
    .option('--timeout <duration>', 'how long to wait, e.g. 30s or 2m (default: for ever)', parseDuration)
  add('history', 'List the revisions.', 'everynode rollout history ds/fluentd', (acts) => acts.rolloutHistory).option(
    '--revision <number>',
    'the pod template of this revision',
    parseCount,
  )
  add('undo', 'Go back to an older revision.', 'everynode rollout undo ds/fluentd', (acts) => acts.rolloutUndo)
    .option('--to-revision <number>', 'which one (default: the one before)', parseCount)
    .addOption(
      new Option('--dry-run [strategy]', 'server: only ask the server what would happen')
        .choices(['none', 'server'])
        .preset('server'),
    )
  add(
    'pause',
    'Hold the update: no old pod is replaced, missing ones are still made.',
    'everynode rollout pause ds/fluentd',
    (acts) => acts.rolloutPause,
  )
  add('resume', 'Let a held update go on.', 'everynode rollout resume ds/fluentd', (acts) => acts.rolloutResume)
  add(
    'restart',
    'Replace every pod by a new one.',
    'everynode rollout restart ds/fluentd',
    (acts) => acts.rolloutRestart,
  )
}
