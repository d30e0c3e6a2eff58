// The command line: what there is, and how it ends. Each command registers itself and loads what it needs when it runs,
// so that `--help` is there at once.

import { Command, CommanderError } from 'commander'
import { version } from '../base/version.ts'
import { register as registerAgent } from './commands/agent.ts'
import { register as registerApply } from './commands/apply.ts'
import { register as registerController } from './commands/controller.ts'
import { register as registerDelete } from './commands/delete.ts'
import { register as registerDescribe } from './commands/describe.ts'
import { register as registerDown } from './commands/down.ts'
import { register as registerGet } from './commands/get.ts'
import { register as registerLogs } from './commands/logs.ts'
import { register as registerNode } from './commands/node.ts'
import { register as registerRollout } from './commands/rollout.ts'
import { register as registerServer } from './commands/server.ts'
import { register as registerSim } from './commands/sim.ts'
import { register as registerToken } from './commands/token.ts'
import { register as registerUp } from './commands/up.ts'

/** In the order of `--help`: a cluster first, then what one does with it. */
const commands: readonly ((program: Command) => void)[] = [
  registerUp,
  registerDown,
  registerServer,
  registerAgent,
  registerToken,
  registerController,
  registerNode,
  registerApply,
  registerGet,
  registerDescribe,
  registerLogs,
  registerRollout,
  registerDelete,
  registerSim,
]

const help = `
Examples:
  # A cluster with three simulated nodes, and a DaemonSet on each of them
  everynode up -f examples/fluentd.yaml

  # In another terminal
  everynode get ds,pods -o wide
  everynode node add
  everynode rollout status ds/fluentd

\`everynode COMMAND --help\` has the flags of a command, with examples.
All of it works as well with kubectl, and as \`kubectl everynode\`.`

/** The exit code of the program. */
export async function main(args: readonly string[]): Promise<number> {
  const program = createProgram()
  try {
    await program.parseAsync(asCommander(program, args), { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    return endOf(error)
  }
}

/** What Go's flags allow beside: `-o=yaml`, `--all-namespaces=false`. */
export function asCommander(program: Command, args: readonly string[]): string[] {
  const booleans = plainFlags(program)
  const end = args.indexOf('--')
  const flags = end < 0 ? args : args.slice(0, end)
  const rest = end < 0 ? [] : args.slice(end)
  const spoken = flags.flatMap((arg) => {
    const [, flag = '', value] = /^(--[a-z-]+)=(true|false)$/.exec(arg) ?? []
    if (!booleans.has(flag)) return apart(arg)
    return value === 'true' ? [flag] : []
  })
  return [...spoken, ...rest]
}

/** Flags that take no word in any command. */
function plainFlags(program: Command): ReadonlySet<string> {
  const [plain, worded] = [new Set<string>(), new Set<string>()]
  forEachCommand(program, ({ options }) => {
    for (const { long, required, optional } of options) (required || optional ? worded : plain).add(long ?? '')
  })
  return new Set([...plain].filter((flag) => !worded.has(flag)))
}

/** `-o=yaml` is `-o yaml`, as for kubectl. */
function apart(arg: string): string[] {
  const found = /^(-[a-zA-Z])=(.*)$/s.exec(arg)
  return found === null ? [arg] : found.slice(1)
}

export function createProgram(): Command {
  const program = new Command('everynode')
    .description('Exactly one pod of an agent on every eligible node, and why.')
    .version(version, '--version', 'print the version')
    .helpCommand(false)
    .showHelpAfterError('(add --help for the flags and examples)')
    .addHelpText('after', help)
  for (const register of commands) register(program)
  forEachCommand(program, (command) => command.exitOverride().allowExcessArguments(false))
  return program
}

function forEachCommand(command: Command, act: (command: Command) => void): void {
  act(command)
  for (const inner of command.commands) forEachCommand(inner, act)
}

async function endOf(error: unknown): Promise<number> {
  // commander has said what was wrong, or printed the help it was asked for.
  if (error instanceof CommanderError) return error.exitCode
  // A reader that had enough (`| head`) is no failure.
  if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return 0
  const { failureOf } = await import('./failure.ts')
  const failure = failureOf(error)
  if (failure === undefined) {
    process.stderr.write(`error: this is a bug in everynode: ${error instanceof Error ? error.stack : String(error)}\n`)
    return 70
  }
  if (failure.message !== '') process.stderr.write(`${failure.message}\n`)
  return failure.exitCode
}
