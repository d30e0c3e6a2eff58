// `everynode logs`: what a container wrote.
import type { Command } from 'commander'
import { addConnectFlags } from '../connect-flags.ts'
import { parseDuration } from '../durations.ts'
import { parseCount, parseInteger } from '../up/cluster-flags.ts'

const help = `
Examples:
  # The last ten lines of a pod, and what comes after
  everynode logs fluentd-x7k2p --tail 10 -f

  # One of the pods of a DaemonSet
  everynode logs ds/fluentd

  # What the container said before it was restarted
  everynode logs fluentd-x7k2p -c fluentd --previous`

export function register(program: Command): void {
  const command = program
    .command('logs')
    .summary('print what a container wrote')
    .description('Print what a container of a pod wrote.')
    .argument('[pod]', 'name of the pod, pod/name, or ds/name for one of its pods')
    .argument('[container]', 'the same as -c')
    .option('-l, --selector <labels>', 'of all pods with these labels, the last ten lines each')
    .option('-c, --container <name>', 'which container (default: the first)')
    .option('--all-containers', 'every container of the pod')
    .option('--prefix', 'each line with its pod and container before it')
    .option('-f, --follow', 'go on with what it writes')
    .option('-p, --previous', 'of the container before its last restart')
    .option('--tail <lines>', 'only so many last lines; -1: all', parseInteger)
    .option('--since <duration>', 'only what is newer than 5s, 2m or 3h', parseDuration)
    .option('--since-time <time>', 'only what is newer than 2026-01-31T12:00:00Z')
    .option('--timestamps', 'with the time of each line')
    .option('--limit-bytes <bytes>', 'at most so many bytes', parseInteger)
    .option('--max-log-requests <count>', 'with -f: at most so many containers', parseCount, 5)
  addConnectFlags(command)
    .addHelpText('after', help)
    .action(async (pod: string | undefined, container: string | undefined, flags) => {
      const { logs } = await import('../logs/logs.ts')
      await logs(pod, { ...flags, container: flags.container ?? container })
    })
}
