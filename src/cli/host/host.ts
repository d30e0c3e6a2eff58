// A cluster on this machine: the data directory, the durable store, the certificates, the socket and the kubeconfig,
// around a cluster made of the usual parts. `up` and `server` are two ways to look at one.
import { writeFile } from 'node:fs/promises'
import { type AuditLog, openAuditLog } from '../../apiserver/identity/audit-log.ts'
import { createAuthenticator } from '../../apiserver/identity/authenticate.ts'
import { type Authority, AuthorityError, openAuthority } from '../../apiserver/identity/authority.ts'
import { groups } from '../../apiserver/identity/groups.ts'
import { type KubeconfigEntry, kubeconfigEntry, serverUrl } from '../../apiserver/identity/kubeconfig-entry.ts'
import { openTokenSigner } from '../../apiserver/identity/signing-key.ts'
import { type Listening, listen } from '../../apiserver/listen.ts'
import { ListenError } from '../../apiserver/listen-error.ts'
import type { Log } from '../../base/log.ts'
import { mergeContext } from '../../client/kubeconfig.ts'
import { administrator, type Cluster, type ClusterOptions, startCluster } from '../../cluster.ts'
import { UnknownFormat } from '../../store/format.ts'
import { openLmdbStore } from '../../store/lmdb.ts'
import { DamagedRecords } from '../../store/lmdb-journal.ts'
import { LockHeld } from '../../store/lock.ts'
import type { Store } from '../../store/store.ts'
import { CommandError } from '../command-error.ts'
import { type DataDirectory, withAnnounced } from './data-directory.ts'
import { openEncryption } from './encryption-config.ts'
import { addContext } from './kubeconfig-file.ts'
import { announcedHost, certificateHosts } from './own-addresses.ts'
import { realNodes } from './real-nodes.ts'
import { createRemoteKubelets } from './remote/kubelets.ts'
import { ensureRuntimeClasses } from './runtime-classes.ts'
import { systemClock, systemRandom } from './system.ts'

export interface HostOptions {
  readonly data: DataDirectory
  /** Port undefined: the one of last time, else any free one. */
  readonly listen: { readonly host: string; readonly port: number | undefined }
  /** Where the context goes. */
  readonly kubeconfig: string
  readonly context: string
  readonly log: Log
  /** A file that takes the audit log; undefined: none is kept. */
  readonly auditLog?: string | undefined
  /** A file that says what is encrypted on disk; undefined: nothing is. */
  readonly encryptionProviderConfig?: string | undefined
  readonly cluster?: Partial<
    Pick<ClusterOptions, 'behaviour' | 'controllers' | 'durability' | 'placement' | 'podNames'>
  >
}

export interface Host {
  readonly cluster: Cluster
  /** `https://127.0.0.1:6443`. */
  readonly server: string
  /** The same, as other machines reach it. */
  readonly announcedServer: string
  /** PEM: whom they must trust. */
  readonly caCertificate: string
  /** Where the context of that name led until now, in words, when that was another cluster. */
  readonly ledElsewhere: string | undefined
  stop(): Promise<void>
}

/** Resolves when the API server answers and the kubeconfig is written; controllers and nodes may still be starting. */
export async function startHost(options: HostOptions): Promise<Host> {
  const { data } = options
  const undo: (() => Promise<void>)[] = []
  let listensAt: { readonly host: string; readonly port: number } | undefined
  // One part that cannot stop cleanly must not keep the others, the store above all, from it.
  const unwind = async () => {
    const failures: unknown[] = []
    for (const act of undo.splice(0).reverse()) await act().catch((error: unknown) => failures.push(error))
    for (const error of failures) options.log.error('not stopped cleanly', { error: String(error) })
    if (failures.length > 0) throw failures[0]
  }
  try {
    const store = await openStore(data, options)
    undo.push(() => store.close())
    const audit = await openAudit(options)
    if (audit !== undefined) undo.push(() => audit.close())
    const authority = await openAuthority({ directory: data.pki, clock: systemClock, random: systemRandom })
    const kubelets = createRemoteKubelets({ store, authority, clock: systemClock })
    undo.push(() => kubelets.close())
    const cluster = startCluster({
      store,
      clock: systemClock,
      random: systemRandom,
      log: options.log,
      caCertificate: authority.certificate,
      certificateIssuer: authority.requests,
      kubelets: kubelets.kubelet,
      ...(audit === undefined ? {} : { audit: audit.tell }),
      tokenSigner: await openTokenSigner(data.pki),
      realRuntimes: realNodes({ data: data.path, log: options.log, apiServer: () => listensAt }),
      ...options.cluster,
    })
    undo.push(() => cluster.stop())
    const listening = await serve(cluster, authority, data, options)
    undo.push(() => listening.close())
    listensAt = { host: options.listen.host, port: listening.port }
    const { port } = listening
    const announced = announcedHost(options.listen.host)
    await cluster.announce({ host: announced, port })
    await ensureRuntimeClasses(cluster.clientFor(administrator))
    const entry = await entryFor(authority, port, options)
    const ledElsewhere = await announce(entry, port, data, options)
    return {
      cluster,
      server: entry.server,
      announcedServer: serverUrl(announced, port),
      caCertificate: authority.certificate,
      ledElsewhere,
      stop: unwind,
    }
  } catch (error) {
    await unwind().catch(() => {})
    if (error instanceof AuthorityError || error instanceof ListenError) {
      throw new CommandError(error.message + hintFor(error), { cause: error })
    }
    throw error
  }
}

async function openAudit({ auditLog: path, log }: HostOptions): Promise<AuditLog | undefined> {
  if (path === undefined) return undefined
  try {
    return await openAuditLog({ path, log: log.child({ part: 'audit' }) })
  } catch (cause) {
    throw new CommandError(`audit log ${path}: ${(cause as Error).message}`, { cause })
  }
}

async function openStore(data: DataDirectory, { log, encryptionProviderConfig }: HostOptions): Promise<Store> {
  const encryption = await openEncryption(encryptionProviderConfig, log)
  try {
    return await openLmdbStore({
      directory: data.store,
      clock: systemClock,
      log,
      ...(encryption === undefined ? {} : { encryption }),
    })
  } catch (error) {
    if (error instanceof LockHeld) {
      throw new CommandError(
        `data directory ${data.path}: another everynode uses it (process ${error.pid}); ` +
          `stop it with \`everynode down --data ${data.path}\`, or choose another with --data DIR`,
        { cause: error },
      )
    }
    if (error instanceof UnknownFormat || error instanceof DamagedRecords) {
      throw new CommandError(error.message, { cause: error })
    }
    throw error
  }
}

async function serve(
  cluster: Cluster,
  authority: Authority,
  data: DataDirectory,
  options: HostOptions,
): Promise<Listening> {
  const { host, port = data.settings.port ?? 0 } = options.listen
  return listen({
    handle: cluster.handle,
    authenticate: createAuthenticator({ clock: systemClock, userOfToken: cluster.userOfToken }),
    tls: { server: await authority.serverCertificate(certificateHosts(host)), authority: authority.certificate },
    host,
    port,
    log: options.log.child({ part: 'listen' }),
  })
}

/** The administrator's way in. The certificate is kept, so that a copy of the kubeconfig goes on working. */
async function entryFor(authority: Authority, port: number, options: HostOptions): Promise<KubeconfigEntry> {
  const client = await authority.clientCertificate({ user: administrator.name, groups: [groups.masters] }, 'admin')
  const { host } = options.listen
  return kubeconfigEntry({ name: options.context, host, port, ca: authority.certificate, client })
}

async function announce(
  entry: KubeconfigEntry,
  port: number,
  data: DataDirectory,
  { kubeconfig, context }: HostOptions,
): Promise<string | undefined> {
  await writeFile(data.kubeconfig, mergeContext(undefined, entry), { mode: 0o600 })
  // Noted before it is done: whatever happens in between, `down --purge` knows of it.
  await data.save({ format: 1, port, announced: withAnnounced(data.settings.announced, { kubeconfig, context }) })
  const before = await addContext(kubeconfig, entry)
  if (before === undefined) return undefined
  return `${context} led to another cluster until now, at ${before}; --context NAME keeps both`
}

function hintFor(error: AuthorityError | ListenError): string {
  if (!(error instanceof ListenError) || error.failure !== 'in-use') return ''
  return '; choose another with --listen 127.0.0.1:PORT (port 0: any free one)'
}
