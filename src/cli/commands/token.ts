// `everynode token`: what lets a machine join, for a while.
import type { Command } from 'commander'
import { addConnectFlags } from '../connect-flags.ts'
import { parseDuration } from '../durations.ts'

const createHelp = `
Examples:
  # The line to type on a machine that is going to be a node
  everynode token create

  # For an hour only
  everynode token create --ttl 1h --description 'rack 7'`

export function register(program: Command): void {
  const token = program
    .command('token')
    .helpCommand(false)
    .summary('tokens by which machines join: create, list, delete')
    .description('Create, list or delete the tokens by which machines join as nodes.')
    .addHelpText('after', '\nExamples:\n  everynode token create\n  everynode token list')
  const create = token
    .command('create')
    .description('Create a token and print the line by which a machine joins with it.')
    .argument('[token]', 'six letters or digits, a point and sixteen more (default: made by chance)')
    .option('--ttl <duration>', 'how long it is good for; 0: for ever', parseDuration, 24 * 3_600_000)
    .option('--description <text>', 'what it is for', '')
    .option('--token-only', 'print the token alone')
  addConnectFlags(create)
    .addHelpText('after', createHelp)
    .action(async (given: string | undefined, flags) => {
      const { createToken } = await import('../token/token.ts')
      await createToken(given, flags)
    })
  addConnectFlags(token.command('list').description('List the tokens there are, with their secrets.'))
    .addHelpText('after', '\nExamples:\n  everynode token list')
    .action(async (flags) => {
      const { listTokens } = await import('../token/token.ts')
      await listTokens(flags)
    })
  addConnectFlags(
    token
      .command('delete')
      .description('Delete tokens. Nodes that have joined by them stay.')
      .argument('<tokens...>', 'tokens, or the six characters before the point'),
  )
    .addHelpText('after', '\nExamples:\n  everynode token delete abcdef')
    .action(async (tokens: string[], flags) => {
      const { deleteTokens } = await import('../token/token.ts')
      await deleteTokens(tokens, flags)
    })
}
