// `everynode sim`: a whole cluster on virtual time and a faulty network, played from a seed.
import type { Command } from 'commander'
import { parseCount } from '../up/cluster-flags.ts'

const help = `
Examples:
  # One run, told from its beginning to its end
  everynode sim --seed 7 --transcript

  # Two hundred runs on two processors
  everynode sim --seeds 200 --jobs 2

  # Crash before, after and in the middle of every write, and more: all plans of all journeys
  everynode sim --sieve

The same seed is the same run, byte for byte. A run that breaks a rule prints the command that plays it again.`

export function register(program: Command): void {
  program
    .command('sim')
    .summary('play a whole cluster from a seed, with faults, and check it at every step')
    .description('Play clusters on virtual time and a faulty network; after every write the rules are checked.')
    .option('--seed <number>', 'the first seed (default: 1)', parseSeed)
    .option('--seeds <count>', 'how many seeds, or plans with --sieve', parseCount)
    .option('--jobs <count>', 'processes that share the work (default: 1)', parseCount)
    .option('--sieve', 'plans instead of chance: every crash and every event of a few journeys')
    .option('--journey <name>', 'with --sieve: this journey only')
    .option('--plan <text>', 'with --sieve: this plan only')
    .option('--transcript', 'print what happened, not only what was wrong')
    .option('--verbose', 'with --transcript: requests and log lines as well')
    .addHelpText('after', help)
    .action(async (flags) => {
      const { sim } = await import('../sim/sim.ts')
      await sim(flags)
    })
}

function parseSeed(text: string): number {
  return parseCount(text)
}
