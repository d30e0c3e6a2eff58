// The kubeconfig file: which server, who we are there, and how `up` adds itself to a file without disturbing it.
// Pure on texts but for the files it refers to; who reads and writes the file itself is the caller.
// Upstream: client-go/tools/clientcmd.

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Document, isMap, isSeq, LineCounter, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml'
import { isObject, type JsonObject } from '../base/json.ts'
import { type ExecPlugin, execPluginOf } from './exec-credential.ts'
import { KubeconfigError } from './kubeconfig-error.ts'

export { KubeconfigError } from './kubeconfig-error.ts'

/** Where a server is and who we are there. Certificates and keys are PEM texts. */
export interface Connection {
  /** `https://127.0.0.1:6443`, maybe with a path. */
  readonly server: string
  readonly ca: string | undefined
  readonly clientCertificate: string | undefined
  readonly clientKey: string | undefined
  readonly token: string | undefined
  /** Where the token is read again: it is renewed while we run. */
  readonly tokenFile: string | undefined
  /** A program that says who we are. */
  readonly exec: ExecPlugin | undefined
  /** The server's certificate is not checked. */
  readonly insecure: boolean
  /** The name the certificate must have, where it is not the server's address. */
  readonly tlsServerName: string | undefined
  /** The context's namespace, else `default`. */
  readonly namespace: string
}

export interface Kubeconfig {
  readonly currentContext: string | undefined
  readonly contexts: ReadonlyMap<string, JsonObject>
  readonly clusters: ReadonlyMap<string, JsonObject>
  readonly users: ReadonlyMap<string, JsonObject>
}

export function readKubeconfig(text: string): Kubeconfig {
  const content = contentOf(parsedYaml(text)) ?? {}
  if (!isObject(content)) throw new KubeconfigError('the kubeconfig is not a mapping')
  return {
    currentContext: textOf(content, 'current-context'),
    contexts: byName(content, 'contexts', 'context'),
    clusters: byName(content, 'clusters', 'cluster'),
    users: byName(content, 'users', 'user'),
  }
}

/** `directory`: where the kubeconfig lies; the files it names are relative to it. */
export function connectionOf(kubeconfig: Kubeconfig, contextName?: string, directory = '.'): Connection {
  const name = contextName ?? kubeconfig.currentContext
  if (name === undefined) throw new KubeconfigError('the kubeconfig has no current-context, and no context was named')
  const context = kubeconfig.contexts.get(name)
  if (context === undefined) throw new KubeconfigError(`context "${name}" does not exist`)
  const clusterName = textOf(context, 'cluster') ?? ''
  const cluster = kubeconfig.clusters.get(clusterName)
  if (cluster === undefined) throw new KubeconfigError(`context "${name}": cluster "${clusterName}" does not exist`)
  const userName = textOf(context, 'user') ?? ''
  const user = kubeconfig.users.get(userName)
  if (user === undefined && userName !== '') {
    throw new KubeconfigError(`context "${name}": user "${userName}" does not exist`)
  }
  const server = textOf(cluster, 'server')
  if (server === undefined) throw new KubeconfigError(`cluster "${clusterName}" has no server`)
  if (user?.['auth-provider'] !== undefined) {
    // Upstream: its last ones went with 1.26.
    throw new KubeconfigError(
      `user "${userName}" gets its credentials from "auth-provider", which kubectl no longer has either: ` +
        'use a client certificate, a token or "exec"',
    )
  }
  const exec = user?.exec == null ? undefined : execPluginOf(user.exec, cluster, userName, directory)
  const file = (path: string) => readReferenced(resolve(directory, path))
  const tokenFile = textOf(user, 'tokenFile')
  return {
    server,
    ca: pem(cluster, 'certificate-authority', file),
    clientCertificate: pem(user, 'client-certificate', file),
    clientKey: pem(user, 'client-key', file),
    token: tokenFile === undefined ? textOf(user, 'token') : file(tokenFile).trim(),
    tokenFile: tokenFile === undefined ? undefined : resolve(directory, tokenFile),
    exec,
    insecure: cluster['insecure-skip-tls-verify'] === true,
    tlsServerName: textOf(cluster, 'tls-server-name'),
    namespace: textOf(context, 'namespace') ?? 'default',
  }
}

/** What `up` writes: one cluster, one user and one context, all of this name. */
export interface ContextEntry {
  readonly name: string
  readonly server: string
  readonly ca?: string
  readonly clientCertificate?: string
  readonly clientKey?: string
  readonly token?: string
  readonly namespace?: string
}

/**
 * The text with the entry added or replaced; everything else, comments included, stays. The current context is set
 * only where there is none.
 */
export function mergeContext(text: string | undefined, entry: ContextEntry): string {
  const document = documentOf(text)
  const { name } = entry
  put(document, 'clusters', 'cluster', name, {
    ...(entry.ca === undefined ? {} : { 'certificate-authority-data': base64(entry.ca) }),
    server: entry.server,
  })
  put(document, 'users', 'user', name, {
    ...(entry.clientCertificate === undefined ? {} : { 'client-certificate-data': base64(entry.clientCertificate) }),
    ...(entry.clientKey === undefined ? {} : { 'client-key-data': base64(entry.clientKey) }),
    ...(entry.token === undefined ? {} : { token: entry.token }),
  })
  put(document, 'contexts', 'context', name, {
    cluster: name,
    ...(entry.namespace === undefined ? {} : { namespace: entry.namespace }),
    user: name,
  })
  const current = document.get('current-context')
  if (typeof current !== 'string' || current === '') document.set('current-context', name)
  return String(document)
}

/** The text without what `mergeContext` put in; a current context of that name is unset. */
export function removeContext(text: string, name: string): string {
  const document = documentOf(text)
  for (const list of ['clusters', 'users', 'contexts']) {
    const entries = document.get(list)
    if (isSeq(entries)) entries.items = entries.items.filter((item) => nameOf(item) !== name)
  }
  if (document.get('current-context') === name) document.set('current-context', '')
  return String(document)
}

function documentOf(text: string | undefined): Document {
  const document = parsedYaml(text ?? '')
  if (document.contents === null) return new Document({ apiVersion: 'v1', kind: 'Config', preferences: {} })
  if (!isMap(document.contents)) throw new KubeconfigError('the kubeconfig is not a mapping')
  return document as unknown as Document
}

/** Says in one line what is wrong, and where. */
function parsedYaml(text: string): ReturnType<typeof parseDocument> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [problem] = document.errors
  if (problem === undefined) return document
  const { line, col } = lines.linePos(problem.pos[0])
  throw new KubeconfigError(`the kubeconfig is not YAML: line ${line}, column ${col}: ${problem.message}`, {
    cause: problem,
  })
}

function contentOf(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS()
  } catch (cause) {
    // An alias of nothing, or thousands of them.
    throw new KubeconfigError(`the kubeconfig is not YAML: ${(cause as Error).message}`, { cause })
  }
}

function put(document: Document, list: string, kind: string, name: string, content: JsonObject): void {
  const node = document.createNode({ [kind]: content, name })
  const entries = document.get(list)
  if (!isSeq(entries)) {
    // Absent, or `null` as kubectl leaves it behind.
    const fresh = document.createNode([]) as YAMLSeq
    fresh.items.push(node)
    document.set(list, fresh)
    return
  }
  entries.flow = false
  const at = entries.items.findIndex((item) => nameOf(item) === name)
  if (at < 0) entries.items.push(node)
  else entries.items[at] = node
}

function nameOf(item: unknown): unknown {
  return isMap(item) ? (item as YAMLMap).get('name') : undefined
}

function byName(content: JsonObject, list: string, kind: string): Map<string, JsonObject> {
  const found = new Map<string, JsonObject>()
  const entries = content[list] ?? []
  if (!Array.isArray(entries)) throw new KubeconfigError(`the kubeconfig's ${list} are not a list`)
  for (const entry of entries) {
    const name = isObject(entry) ? textOf(entry, 'name') : undefined
    if (name === undefined) throw new KubeconfigError(`the kubeconfig has an entry without a name among its ${list}`)
    // Upstream: the first of several entries of one name counts.
    if (!found.has(name)) found.set(name, isObject(entry[kind]) ? entry[kind] : {})
  }
  return found
}

function textOf(object: JsonObject | undefined, key: string): string | undefined {
  const value = object?.[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** `certificate-authority-data` (base64) before `certificate-authority` (a file). */
function pem(object: JsonObject | undefined, key: string, file: (path: string) => string): string | undefined {
  const data = textOf(object, `${key}-data`)
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8')
  const path = textOf(object, key)
  return path === undefined ? undefined : file(path)
}

function readReferenced(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new KubeconfigError(`the kubeconfig refers to ${path}: ${(cause as Error).message}`, { cause })
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
