// From a command's flags to a client: which kubeconfig, which context, which namespace. Read as kubectl reads them.
// Upstream: client-go/tools/clientcmd/loader.go.

import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { userAgentOf } from '../base/version.ts'
import { type Client, createClient } from '../client/client.ts'
import { inClusterConnection } from '../client/in-cluster.ts'
import { type Connection, connectionOf, type Kubeconfig, readKubeconfig } from '../client/kubeconfig.ts'
import { CommandError } from './command-error.ts'
import type { ConnectFlags } from './connect-flags.ts'
import { tellingWarnings } from './warnings.ts'

export type { ConnectFlags } from './connect-flags.ts'

export interface Connected {
  readonly client: Client
  /** `-n`, else the context's. */
  readonly namespace: string
  readonly server: string
}

/** Runs `act` with a client, and lets go of its connections afterwards, so that the program can end. */
export async function withClient<T>(flags: ConnectFlags, act: (connected: Connected) => Promise<T>): Promise<T> {
  const connection = findConnection(flags, process.env)
  // What speaks HTTP is half of what a command loads, and `up`, which shares its code with `apply`, needs none of it.
  const { httpSend } = await import('../client/http.ts')
  const http = httpSend(connection)
  const send = tellingWarnings(http.send, (line) => process.stderr.write(line))
  try {
    return await act({
      client: createClient({ send, userAgent: userAgentOf('everynode') }),
      // `-n ''` is no namespace, but none named.
      namespace: flags.namespace || connection.namespace,
      server: connection.server,
    })
  } finally {
    await http.close()
  }
}

export function findConnection(flags: ConnectFlags, environment: NodeJS.ProcessEnv): Connection {
  const files = kubeconfigFiles(flags.kubeconfig, environment)
  const found = files.flatMap((path) => {
    const text = textOf(path, flags.kubeconfig !== undefined)
    return text === undefined ? [] : [{ path, kubeconfig: parsed(path, text) }]
  })
  if (found.length === 0) {
    const inCluster = flags.context === undefined ? inClusterConnection(environment) : undefined
    if (inCluster !== undefined) return inCluster
    throw new CommandError(`no kubeconfig: ${files.join(' or ')} is not there; \`everynode up\` writes one`)
  }
  const merged = mergedConfig(found.map(({ kubeconfig }) => kubeconfig))
  // Files that an entry refers to lie beside the kubeconfig it came from; with several, beside the one with the context.
  const contextName = flags.context ?? merged.currentContext ?? ''
  const home = found.find(({ kubeconfig }) => kubeconfig.contexts.has(contextName)) ?? found[0]!
  return connectionOf(merged, flags.context, dirname(home.path))
}

function kubeconfigFiles(flag: string | undefined, environment: NodeJS.ProcessEnv): string[] {
  if (flag !== undefined) return [flag]
  const listed = (environment.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '')
  return listed.length > 0 ? listed : [join(environment.HOME ?? homedir(), '.kube', 'config')]
}

function textOf(path: string, mustExist: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' && !mustExist) return undefined
    const why = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'it is a directory' : message
    throw new CommandError(`kubeconfig ${path}: ${why}`, { cause })
  }
}

function parsed(path: string, text: string): Kubeconfig {
  try {
    return readKubeconfig(text)
  } catch (cause) {
    throw new CommandError(`${path}: ${(cause as Error).message}`, { cause })
  }
}

/** The first file that says something counts. */
function mergedConfig(configs: readonly Kubeconfig[]): Kubeconfig {
  const merged = (list: 'contexts' | 'clusters' | 'users') =>
    new Map(configs.toReversed().flatMap((config) => [...config[list]]))
  return {
    currentContext: configs.find(({ currentContext }) => currentContext !== undefined)?.currentContext,
    contexts: merged('contexts'),
    clusters: merged('clusters'),
    users: merged('users'),
  }
}
