// Writes docs/reference/commands.md: what `--help` says of every command, on one page. Run it after a change of the
// command line; a test compares.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Argument, Command, Option } from 'commander'
import { createProgram } from '../src/cli/main.ts'

export const referencePath = fileURLToPath(new URL('../docs/reference/commands.md', import.meta.url))

export function commandReference(): string {
  const commands = everyCommand(createProgram())
  const intro = [
    '# Commands',
    '',
    'Made by `npx tsx scripts/generate-command-reference.ts` from what the program itself says with `--help`.',
    '',
    ...commands.slice(1).map((command) => `- [\`${nameOf(command)}\`](#${anchorOf(command)}): ${summaryOf(command)}`),
  ]
  return `${[...intro, ...commands.flatMap(sectionOf)].join('\n')}\n`
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)]
}

function sectionOf(command: Command): string[] {
  const { examples, rest } = afterHelp(command)
  const options = command.options.filter(({ hidden }) => !hidden)
  return [
    '',
    `## ${nameOf(command)}`,
    '',
    command.description(),
    '',
    '```',
    usageOf(command),
    '```',
    ...table('argument', command.registeredArguments.map(argumentRow)),
    ...table('flag', options.map(optionRow)),
    ...(examples.length === 0 ? [] : ['', '```console', ...examples, '```']),
    ...(rest.length === 0 ? [] : ['', ...rest]),
  ]
}

function usageOf(command: Command): string {
  return `${nameOf(command)} ${command.usage()}`
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`
}

function anchorOf(command: Command): string {
  return nameOf(command).replaceAll(' ', '-')
}

function summaryOf(command: Command): string {
  const text = command.summary() || command.description().replace(/\.$/, '')
  return text.charAt(0).toLowerCase() + text.slice(1)
}

function argumentRow(argument: Argument): [string, string] {
  const name = argument.variadic ? `${argument.name()}...` : argument.name()
  return [argument.required ? `<${name}>` : `[${name}]`, argument.description]
}

function optionRow(option: Option): [string, string] {
  const value: unknown = option.defaultValueDescription ?? option.defaultValue
  const isSaid = value !== undefined && value !== false && !option.negate
  const facts = [
    ...(option.argChoices === undefined ? [] : [`one of ${option.argChoices.join(', ')}`]),
    ...(isSaid ? [`default: ${value}`] : []),
  ]
  return [option.flags, facts.length === 0 ? option.description : `${option.description} (${facts.join('; ')})`]
}

function table(what: string, rows: readonly (readonly [string, string])[]): string[] {
  if (rows.length === 0) return []
  const cell = (text: string) => text.replaceAll('|', '\\|')
  return ['', `| ${what} | |`, '|---|---|', ...rows.map(([name, text]) => `| \`${cell(name)}\` | ${cell(text)} |`)]
}

/** What stands behind the flags: examples, indented, and words. */
function afterHelp(command: Command): { examples: string[]; rest: string[] } {
  let text = ''
  command.configureOutput({ writeOut: (more) => (text += more) })
  command.outputHelp()
  const lines = text.slice(command.helpInformation().length).trim().split('\n')
  const isExample = (line: string) => line.startsWith('  ') || line === ''
  const examples = lines.filter((line) => !/^Examples?:$/.test(line) && isExample(line)).map((line) => line.slice(2))
  while (examples.at(-1) === '') examples.pop()
  return { examples, rest: lines.filter((line) => !/^Examples?:$/.test(line) && !isExample(line)) }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(referencePath, commandReference())
