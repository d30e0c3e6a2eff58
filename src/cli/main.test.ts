import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { asCommander, createProgram } from './main.ts'

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)]
}

/** What `--help` prints, examples and all. */
function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (more) => (text += more) })
  command.outputHelp()
  return text
}

test.each(
  everyCommand(createProgram()).map((command) => [command.name(), command] as const),
)('%s --help describes it, with an example that begins with the program', (_name, command) => {
  const help = helpOf(command)
  expect(command.description()).toMatch(/^[A-Z].*\.$/s)
  expect(help).toMatch(/^Examples?:$/m)
  expect(help).toMatch(/^ {2}(\S+ \| )?everynode /m)
})

test('no flag means two things', () => {
  for (const command of everyCommand(createProgram())) {
    const flags = command.options.flatMap(({ short, long }) => [short, long]).filter((flag) => flag !== undefined)
    expect([command.name(), ...flags].length).toBe(new Set([command.name(), ...flags]).size)
  }
})

const spoken: [line: string, forCommander: string][] = [
  ['get ds -o=yaml', 'get ds -o yaml'],
  ['get ds --all-namespaces=true --no-headers=true', 'get ds --all-namespaces --no-headers'],
  ['get ds --show-labels=false', 'get ds'],
  ['delete ds x --wait=false --cascade=false', 'delete ds x --wait=false --cascade=false'],
  ['get ds --nonsense=true', 'get ds --nonsense=true'],
  ['get -- --show-labels=false', 'get -- --show-labels=false'],
]
test.each(spoken)('flags as Go takes them: %s', (line, forCommander) => {
  expect(asCommander(createProgram(), line.split(' '))).toEqual(forCommander.split(' '))
})
