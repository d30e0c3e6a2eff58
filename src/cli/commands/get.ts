// `everynode get`: prints objects, as a table or as they are.
import type { Command } from 'commander'
import { addConnectFlags } from '../connect-flags.ts'

const help = `
Examples:
  # DaemonSets and pods of the namespace, with more columns
  everynode get ds,pods -o wide

  # One DaemonSet, whole
  everynode get ds fluentd -o yaml

  # One field of it, and a table of one's own
  everynode get ds fluentd -o jsonpath='{.status.numberReady}'
  everynode get pods -o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName

  # The pods of a node, and what becomes of them
  everynode get pods -A --field-selector spec.nodeName=node-1 -w`

/** `-L app,tier -L zone`. */
function gather(text: string, before: readonly string[]): readonly string[] {
  return [...before, ...text.split(',')]
}

export function register(program: Command): void {
  const command = program
    .command('get')
    .summary('print objects: a table, or yaml, json, name')
    .description("Print objects: the server's table, or the objects as yaml, json or name.")
    .argument('[type]', 'resources (`ds`, `pods`, `ds,pods`, `all`) or resource/name')
    .argument('[names...]', 'names of the objects (default: all)')
    .option('-o, --output <format>', 'wide, yaml, json, name, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,…')
    .option('-A, --all-namespaces', 'of every namespace')
    .option('-l, --selector <labels>', 'only objects with these labels: app=fluentd,tier!=test')
    .option('--field-selector <fields>', 'only objects with these fields: spec.nodeName=node-1')
    .option('-w, --watch', 'go on and print what changes')
    .option('--watch-only', 'print only what changes')
    .option('--no-headers', 'without the line of column names')
    .option('--show-labels', 'labels as the last column')
    .option('-L, --label-columns <labels>', 'a column for each of these labels: app,tier', gather, [])
    .option('--show-kind', 'names with the kind before them')
    .option('--show-managed-fields', 'with -o yaml or json: also who manages which field')
    .option('--raw <path>', 'what the server answers to a GET of this path, as it is')
    .option('--ignore-not-found', 'what is not there is no failure')
  addConnectFlags(command)
    .addHelpText('after', help)
    .action(async (type: string | undefined, names: string[], flags) => {
      const { get } = await import('../get/get.ts')
      await get(type === undefined ? [] : [type, ...names], flags)
    })
}
