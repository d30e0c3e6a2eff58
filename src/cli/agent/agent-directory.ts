// The directory of an agent: which cluster and which node it is of, the node's certificates, and what its runtimes keep.
// One agent uses it at a time.
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { readIfThere, writeWhole } from '../../agent/join/whole-file.ts'
import type { RuntimeName } from '../../agent/runtimes.ts'
import { LockHeld, takeLock } from '../../store/lock.ts'
import { CommandError } from '../command-error.ts'
import { makeDirectory } from '../host/make-directory.ts'
import { parseSettings } from '../host/settings-file.ts'

export interface AgentSettings {
  readonly format: 1
  readonly server: string
  readonly nodeName: string
  /** As it was last, for a start while the server is away. */
  readonly nodeIP?: string | undefined
  /** What runs pods that name no runtime. */
  readonly runtime?: RuntimeName | undefined
}

export interface AgentDirectory {
  readonly path: string
  /** `ca.crt`, the node's certificates with their keys. */
  readonly pki: string
  /** Volumes of pods, and what runtimes remember. */
  readonly state: string
  /** As it was left by the last start; undefined: this is the first. */
  readonly settings: AgentSettings | undefined
  save(settings: AgentSettings): Promise<void>
  release(): void
}

const marker = 'agent.json'

/** `--data`, else `$EVERYNODE_AGENT_DATA`, else `/var/lib/everynode-agent`, or `~/.everynode-agent` for who is not root. */
export function agentDataPath(flag: string | undefined, environment: NodeJS.ProcessEnv): string {
  const usual = process.getuid?.() === 0 ? '/var/lib/everynode-agent' : join(homedir(), '.everynode-agent')
  return resolve(flag ?? environment.EVERYNODE_AGENT_DATA ?? usual)
}

/** Makes it where there is none. */
export async function openAgentDirectory(path: string): Promise<AgentDirectory> {
  try {
    await makeDirectory(path)
    const lock = takeLock(join(path, 'lock'))
    const text = await readIfThere(join(path, marker))
    const settings = text === undefined ? undefined : parseSettings<AgentSettings>(path, marker, text)
    return {
      path,
      pki: join(path, 'pki'),
      state: join(path, 'state'),
      settings,
      save: (changed) => writeWhole(join(path, marker), `${JSON.stringify(changed, null, 2)}\n`, 0o600),
      release: () => lock.release(),
    }
  } catch (cause) {
    if (cause instanceof CommandError) throw cause
    if (cause instanceof LockHeld) {
      throw new CommandError(
        `data directory ${path}: another agent uses it (process ${cause.pid}); choose another with --data DIR`,
        { cause },
      )
    }
    throw new CommandError(`data directory ${path}: ${(cause as Error).message}`, { cause })
  }
}
