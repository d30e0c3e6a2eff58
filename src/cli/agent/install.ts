// `everynode agent --install`: the agent as a service of this machine. It has joined by then, so that the unit needs no
// token; the file is shown before it is written.
import { execFile } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { promisify } from 'node:util'
import { CommandError } from '../command-error.ts'
import type { AgentFlags } from './settings.ts'
import { agentUnit } from './unit.ts'

export const usualUnit = '/etc/systemd/system/everynode-agent.service'

/** Before anything is done: what stands in the way of it. */
export function checkInstall({ unitFile, yes }: AgentFlags): void {
  if (unitFile === usualUnit && process.getuid?.() !== 0) {
    throw new CommandError('--install writes to /etc/systemd/system and starts a service: root is needed')
  }
  if (yes !== true && !(process.stdin.isTTY && process.stdout.isTTY)) {
    throw new CommandError('--install asks before it writes, and there is nobody to ask: --yes')
  }
}

export async function install(flags: AgentFlags, data: string, nodeName: string): Promise<void> {
  const { unitFile } = flags
  const text = agentUnit({ command: serviceCommand(flags, data) })
  process.stdout.write(`${text}\n`)
  if (flags.yes !== true && !(await agreed(`Write this to ${unitFile}, and start it? [y/N] `))) {
    process.stdout.write(`not installed; node ${nodeName} has joined, \`everynode agent --data ${data}\` runs it\n`)
    return
  }
  await writeFile(unitFile, text, { mode: 0o644 })
  process.stdout.write(`${unitFile} written\n`)
  if (unitFile !== usualUnit || !existsSync('/run/systemd/system')) {
    process.stdout.write(`not started: no systemd runs here that looks there\n`)
    return
  }
  const unit = basename(unitFile)
  await systemctl('daemon-reload')
  await systemctl('enable', unit)
  await systemctl('restart', unit)
  process.stdout.write(`${unit} is enabled and started; node ${nodeName}\n`)
}

/** What the service runs: the same agent, without what is needed only once. */
export function serviceCommand(flags: AgentFlags, data: string, program = ownProgram()): string[] {
  const { nodeIp, port, nodeRoot, nodeLabels = [], runtime, containerRuntimeEndpoint, logLevel } = flags
  const named = (name: string, value: string | number | undefined, usual?: string) =>
    value === undefined || value === usual ? [] : [`--${name}`, String(value)]
  return [
    ...program,
    'agent',
    ...named('data', data),
    ...named('node-ip', nodeIp),
    ...named('port', port),
    ...named('node-root', resolve(nodeRoot), '/'),
    ...(nodeLabels.length === 0 ? [] : ['--node-labels', nodeLabels.join(',')]),
    ...named('runtime', runtime, 'auto'),
    ...named('container-runtime-endpoint', containerRuntimeEndpoint),
    ...named('log-level', logLevel, 'info'),
  ]
}

function ownProgram(): string[] {
  return [process.execPath, realpathSync(process.argv[1] ?? '')]
}

async function agreed(question: string): Promise<boolean> {
  const reader = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return /^y(es)?$/i.test((await reader.question(question)).trim())
  } finally {
    reader.close()
  }
}

async function systemctl(...args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)('systemctl', args)
  } catch (cause) {
    const { stderr = '' } = cause as { stderr?: string }
    throw new CommandError(`systemctl ${args.join(' ')}: ${stderr.trim() || (cause as Error).message}`, { cause })
  }
}
