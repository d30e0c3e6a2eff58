// Credentials from a program: what the `exec` of a kubeconfig's user asks for, how it is run, and what it may answer.
// Upstream: client-go/plugin/pkg/client/auth/exec/exec.go.

import { spawn } from 'node:child_process'
import { isAbsolute, resolve } from 'node:path'
import { isObject, type JsonObject } from '../base/json.ts'
import type { Credential } from './credentials.ts'
import { KubeconfigError } from './kubeconfig-error.ts'

export interface ExecPlugin {
  readonly apiVersion: string
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly interactive: 'Never' | 'IfAvailable' | 'Always'
  /** What to do where the program is not installed. */
  readonly installHint: string | undefined
  /** Handed to the program where the kubeconfig says so. */
  readonly cluster: JsonObject | undefined
}

export const execLimits = {
  /** What it answers is a token or a certificate with its key. */
  outputBytes: 1024 * 1024,
} as const

const apiVersions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']

/** `who`: the user of the kubeconfig, for messages. `directory`: the kubeconfig's, which a relative command is relative to. */
export function execPluginOf(exec: unknown, cluster: JsonObject, who: string, directory: string): ExecPlugin {
  const refuse = (why: string) => new KubeconfigError(`user "${who}": exec: ${why}`)
  if (!isObject(exec)) throw refuse('it is not a mapping')
  const { apiVersion, command, args = [], env = [], interactiveMode = 'IfAvailable', installHint } = exec
  if (typeof command !== 'string' || command === '') throw refuse('command must be specified')
  if (typeof apiVersion !== 'string' || !apiVersions.includes(apiVersion)) {
    throw refuse(`apiVersion must be ${apiVersions.join(' or ')}, it is ${JSON.stringify(apiVersion ?? '')}`)
  }
  if (!Array.isArray(args) || !args.every((arg) => typeof arg === 'string')) throw refuse('args must be texts')
  if (interactiveMode !== 'Never' && interactiveMode !== 'IfAvailable' && interactiveMode !== 'Always') {
    throw refuse('interactiveMode must be Never, IfAvailable or Always')
  }
  const isPath = /[/\\]/.test(command)
  return {
    apiVersion,
    command: isPath && !isAbsolute(command) ? resolve(directory, command) : command,
    args,
    environment: environmentOf(env ?? [], refuse),
    interactive: interactiveMode,
    installHint: typeof installHint === 'string' ? installHint : undefined,
    cluster: exec.provideClusterInfo === true ? clusterInfo(cluster) : undefined,
  }
}

function environmentOf(env: unknown, refuse: (why: string) => Error): Record<string, string> {
  if (!Array.isArray(env)) throw refuse('env must be a list of names and values')
  return Object.fromEntries(
    env.map((entry: unknown) => {
      if (!isObject(entry) || typeof entry.name !== 'string' || typeof entry.value !== 'string') {
        throw refuse('env must be a list of names and values')
      }
      return [entry.name, entry.value]
    }),
  )
}

/** Upstream: execClusterFromKubeconfig; what is meant for the program lies among the cluster's extensions. */
function clusterInfo(cluster: JsonObject): JsonObject {
  const passed = ['server', 'tls-server-name', 'insecure-skip-tls-verify', 'certificate-authority-data', 'proxy-url']
  const extensions = Array.isArray(cluster.extensions) ? cluster.extensions : []
  const own = extensions.find((entry) => isObject(entry) && entry.name === 'client.authentication.k8s.io/exec')
  return {
    ...Object.fromEntries(passed.flatMap((key) => (cluster[key] === undefined ? [] : [[key, cluster[key]]]))),
    ...(isObject(own) ? { config: own.extension } : {}),
  }
}

export interface ExecCredential extends Credential {
  /** Undefined: it stays good until it is refused. */
  readonly expiresMs: number | undefined
}

export async function runExecPlugin(plugin: ExecPlugin): Promise<ExecCredential> {
  const isTerminal = process.stdin.isTTY === true
  if (plugin.interactive === 'Always' && !isTerminal) {
    throw new KubeconfigError(`exec: ${plugin.command} needs a terminal to ask on, and there is none`)
  }
  const interactive = plugin.interactive !== 'Never' && isTerminal
  const info = {
    apiVersion: plugin.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive, ...(plugin.cluster === undefined ? {} : { cluster: plugin.cluster }) },
  }
  const output = await outputOf(plugin, interactive, JSON.stringify(info))
  return credentialIn(output, plugin)
}

function outputOf(plugin: ExecPlugin, interactive: boolean, info: string): Promise<string> {
  const { command, args } = plugin
  const env = { ...process.env, ...plugin.environment, KUBERNETES_EXEC_INFO: info }
  return new Promise((done, fail) => {
    const child = spawn(command, args, { env, stdio: [interactive ? 'inherit' : 'ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output.length > execLimits.outputBytes) child.kill()
    })
    child.on('error', (cause: NodeJS.ErrnoException) => {
      const hint = cause.code === 'ENOENT' && plugin.installHint !== undefined ? `\n${plugin.installHint}` : ''
      const why = cause.code === 'ENOENT' ? 'executable not found' : cause.message
      fail(new KubeconfigError(`exec: ${command}: ${why}${hint}`, { cause }))
    })
    child.on('close', (code, signal) => {
      if (code === 0) done(output)
      else fail(new KubeconfigError(`exec: ${command} failed with ${signal ?? `exit code ${code}`}`))
    })
  })
}

function credentialIn(output: string, { apiVersion, command }: ExecPlugin): ExecCredential {
  const refuse = (why: string) => new KubeconfigError(`exec: ${command}: ${why}`)
  let answer: unknown
  try {
    answer = JSON.parse(output)
  } catch {
    // Its output may hold half a token: it is not repeated.
    throw refuse('its answer is not JSON')
  }
  if (!isObject(answer) || answer.kind !== 'ExecCredential') throw refuse('its answer is no ExecCredential')
  if (answer.apiVersion !== apiVersion) throw refuse(`it answered in ${String(answer.apiVersion)}, not ${apiVersion}`)
  const status = answer.status
  if (!isObject(status)) throw refuse('its answer has no status')
  const text = (key: string) => (typeof status[key] === 'string' && status[key] !== '' ? status[key] : undefined)
  const token = text('token')
  const clientCertificate = text('clientCertificateData')
  const clientKey = text('clientKeyData')
  if ((clientCertificate === undefined) !== (clientKey === undefined)) {
    throw refuse('a certificate comes with its key, and the other way round')
  }
  if (token === undefined && clientCertificate === undefined) throw refuse('its answer has no token and no certificate')
  const expires = text('expirationTimestamp')
  const expiresMs = expires === undefined ? undefined : Date.parse(expires)
  if (Number.isNaN(expiresMs)) throw refuse('its expirationTimestamp is no time')
  return { token, clientCertificate, clientKey, expiresMs }
}
