// Which node an agent is, of which cluster: what its flags say, and what its directory remembers of the last start.
import { hostname } from 'node:os'
import { readCaHash } from '../../agent/join/ca-hash.ts'
import type { RuntimeName } from '../../agent/runtimes.ts'
import { dns1123Subdomain } from '../../api/names.ts'
import { CommandError } from '../command-error.ts'
import type { AgentSettings } from './agent-directory.ts'

export interface AgentFlags {
  readonly server?: string
  readonly token?: string
  readonly caHash?: string
  readonly data?: string
  readonly nodeName?: string
  readonly nodeIp?: string
  readonly port?: number
  readonly nodeRoot: string
  readonly nodeLabels?: readonly string[]
  readonly runtime: RuntimeName | 'auto'
  readonly containerRuntimeEndpoint?: string
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  /** As a service of this machine, rather than in the foreground. */
  readonly install?: boolean
  /** Without asking. */
  readonly yes?: boolean
  readonly unitFile: string
}

export interface AgentChoice extends AgentSettings {
  readonly token: string | undefined
  readonly caHash: string | undefined
}

/** Throws CommandError where the two do not fit, or do not say enough. */
export function agentChoice(flags: AgentFlags, kept: AgentSettings | undefined): AgentChoice {
  const server = serverOf(flags.server ?? kept?.server)
  const nodeName = nodeNameOf(flags.nodeName ?? kept?.nodeName ?? hostname())
  if (kept !== undefined && kept.nodeName !== nodeName) {
    throw new CommandError(
      `this data directory is of node "${kept.nodeName}", not "${nodeName}"; choose another with --data DIR`,
    )
  }
  const caHash = flags.caHash === undefined ? undefined : readCaHash(flags.caHash)
  if (flags.caHash !== undefined && caHash === undefined) {
    throw new CommandError(`--ca-hash ${flags.caHash}: sha256: and 64 hexadecimal digits are needed`)
  }
  if (flags.token !== undefined && !/^[a-z0-9]{6}\.[a-z0-9]{16}$/.test(flags.token)) {
    throw new CommandError('--token: six letters or digits, a point and sixteen more are needed')
  }
  return {
    format: 1,
    server,
    nodeName,
    nodeIP: flags.nodeIp ?? kept?.nodeIP,
    runtime: kept?.runtime,
    token: flags.token,
    caHash,
  }
}

function serverOf(text: string | undefined): string {
  if (text === undefined) {
    throw new CommandError('--server is needed the first time: `everynode token create` on the server prints the line')
  }
  let url: URL
  try {
    url = new URL(text.includes('://') ? text : `https://${text}`)
  } catch (cause) {
    throw new CommandError(`--server ${text}: it is no URL such as https://10.0.0.1:6443`, { cause })
  }
  if (url.protocol !== 'https:') throw new CommandError(`--server ${text}: https is needed`)
  return url.origin
}

/** Upstream: pkg/util/node, GetHostname: in small letters. */
function nodeNameOf(text: string): string {
  const name = text.trim().toLowerCase()
  const [problem] = dns1123Subdomain(name)
  if (problem !== undefined) throw new CommandError(`"${name}" is no name for a node: ${problem}; give --node-name`)
  return name
}

/** `--node-labels zone=a,disk=ssd`. */
export function nodeLabelsOf(pairs: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    pairs
      .flatMap((list) => list.split(','))
      .map((pair) => {
        const at = pair.indexOf('=')
        if (at < 1) throw new CommandError(`--node-labels ${pair}: KEY=VALUE is needed`)
        return [pair.slice(0, at), pair.slice(at + 1)]
      }),
  )
}
