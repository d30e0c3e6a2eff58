// `everynode node`: more or fewer simulated nodes in a running cluster, as an autoscaler would have it.
import type { Command } from 'commander'
import { addConnectFlags } from '../connect-flags.ts'
import { parseCount, runtimeOption } from '../up/cluster-flags.ts'

const addHelp = `
Examples:
  # One more simulated node
  everynode node add

  # A hundred more, as when an autoscaler wakes up
  everynode node add --count 100

  # One with a name and labels
  everynode node add gpu-1 --label accelerator=nvidia

  # One that really runs its pods, as processes of this machine
  everynode node add --runtime process`

const removeHelp = `
Examples:
  # This one
  everynode node remove node-3

  # Any ten of the simulated ones, those with the highest numbers first
  everynode node remove --count 10`

export function register(program: Command): void {
  const node = program
    .command('node')
    .helpCommand(false)
    .summary('add or remove simulated nodes')
    .description('Add simulated nodes to a running cluster, or remove them.')
    .addHelpText('after', '\nExamples:\n  everynode node add --count 10\n  everynode node remove node-3')
  const add = node
    .command('add')
    .description('Add simulated nodes: by name, or with the first of node-1, node-2 … that are free.')
    .argument('[names...]', 'names of the new nodes')
    .option('--count <count>', 'how many (default: 1)', parseCount)
    .option('--label <key=value...>', 'labels they get')
    .addOption(runtimeOption('what runs the pods that name no runtime'))
  addConnectFlags(add)
    .addHelpText('after', addHelp)
    .action(async (names: string[], flags) => {
      const { addNodes } = await import('../node/node.ts')
      await addNodes(names, flags)
    })
  const remove = node
    .command('remove')
    .description('Remove simulated nodes. Their pods are collected; nodes that are not simulated are left alone.')
    .argument('[names...]', 'names of the nodes')
    .option('--count <count>', 'any so many, those with the highest numbers first', parseCount)
  addConnectFlags(remove)
    .addHelpText('after', removeHelp)
    .action(async (names: string[], flags) => {
      const { removeNodes } = await import('../node/node.ts')
      await removeNodes(names, flags)
    })
}
