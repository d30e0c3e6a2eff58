// The official JavaScript client as a judge: got once into the user's cache, never a dependency. Here stands the part of
// its interface that the test uses.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'

const version = '1.4.0'

export interface Seen {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid?: string
    readonly resourceVersion: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly creationTimestamp?: unknown
  }
  readonly spec?: { readonly revisionHistoryLimit?: number; readonly template?: unknown }
  readonly status?: { readonly numberReady?: number }
  readonly data?: Readonly<Record<string, string>>
}

interface Named {
  readonly name: string
  readonly namespace: string
}

export interface SeenList {
  readonly items: Seen[]
  readonly metadata?: { readonly resourceVersion?: string; readonly _continue?: string }
}

interface ListParameters {
  readonly namespace: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly limit?: number
  readonly _continue?: string
}

export interface Informer {
  on(verb: 'add' | 'update' | 'delete', callback: (object: Seen) => void): void
  on(verb: 'error' | 'connect', callback: (error?: unknown) => void): void
  start(): Promise<void>
  stop(): Promise<void>
  get(name: string, namespace?: string): Seen | undefined
}

interface KubeConfig {
  loadFromFile(path: string): void
  getCurrentContext(): string
  getCurrentCluster(): { readonly server: string } | null
  makeApiClient<Api>(api: new (...options: never[]) => Api): Api
}

interface Core {
  listNamespacedPod(parameters: ListParameters): Promise<SeenList>
  listNamespacedConfigMap(parameters: ListParameters): Promise<SeenList>
  createNamespacedConfigMap(parameters: { namespace: string; body: unknown }): Promise<Seen>
  deleteNamespacedConfigMap(parameters: Named): Promise<unknown>
}

interface Apps {
  readNamespacedDaemonSet(parameters: Named): Promise<Seen>
  createNamespacedDaemonSet(parameters: { namespace: string; body: unknown }): Promise<Seen>
  replaceNamespacedDaemonSet(parameters: Named & { body: unknown }): Promise<Seen>
  patchNamespacedDaemonSet(parameters: Named & { body: unknown }, options?: unknown): Promise<Seen>
}

interface Objects {
  create(object: unknown): Promise<Seen>
  read(object: unknown): Promise<Seen>
  patch(object: unknown, ...rest: (string | boolean | undefined)[]): Promise<Seen>
  delete(object: unknown): Promise<unknown>
}

type Watching = (phase: string, object: Seen) => void

export interface ClientNode {
  readonly KubeConfig: new () => KubeConfig
  readonly CoreV1Api: new () => Core
  readonly AppsV1Api: new () => Apps
  readonly KubernetesObjectApi: { makeApiClient(config: KubeConfig): Objects }
  readonly Watch: new (
    config: KubeConfig,
  ) => {
    watch(path: string, query: object, seen: Watching, done: (error: unknown) => void): Promise<AbortController>
  }
  readonly Log: new (
    config: KubeConfig,
  ) => {
    log(ns: string, pod: string, container: string, to: Writable, options?: object): Promise<AbortController>
  }
  readonly Exec: new (
    config: KubeConfig,
  ) => {
    exec(
      ns: string,
      pod: string,
      container: string,
      command: string[],
      stdout: Writable | null,
      stderr: Writable | null,
      stdin: Readable | null,
      tty: boolean,
      ended?: (status: unknown) => void,
    ): Promise<{ readonly protocol: string; close(): void }>
  }
  readonly PortForward: new (
    config: KubeConfig,
  ) => {
    portForward(
      ns: string,
      pod: string,
      ports: number[],
      output: Writable,
      errors: Writable | null,
      input: Readable,
    ): Promise<{ close(): void }>
  }
  makeInformer(config: KubeConfig, path: string, list: () => Promise<SeenList>): Informer
  setHeaderOptions(name: string, value: string): unknown
}

/** The client, or why it cannot be had. */
export async function getClientNode(): Promise<ClientNode | string> {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'everynode', 'client-node')
  const entry = join(folder, 'node_modules/@kubernetes/client-node/dist/index.js')
  if (!existsSync(entry)) {
    const wanted = `@kubernetes/client-node@${version}`
    try {
      execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefix', folder, wanted], {
        stdio: ['ignore', 'ignore', 'pipe'],
        timeout: 120_000,
      })
    } catch (error) {
      return `npm install ${wanted}: ${error instanceof Error ? error.message : String(error)}`
    }
  }
  return (await import(pathToFileURL(entry).href)) as ClientNode
}
