// A whole cluster from its parts: API server, controllers, simulated nodes. Clock, chance, store and network are
// arguments, so the product, the tests and the simulator put together the same one.
import { type Fleet, type FleetOptions, startFleet } from './agent/fleet.ts'
import type { Behaviour } from './agent/simulated/behaviour.ts'
import type { Send, User } from './api/wire.ts'
import { createApiserver } from './apiserver/apiserver.ts'
import type { AuditEvent } from './apiserver/identity/audit.ts'
import { type Authorizer, createAuthorizer } from './apiserver/identity/authorize.ts'
import { groups } from './apiserver/identity/groups.ts'
import type { TokenSigner } from './apiserver/identity/jwt.ts'
import type { Address } from './apiserver/own-service.ts'
import type { Clock } from './base/clock.ts'
import type { Log } from './base/log.ts'
import type { Random } from './base/random.ts'
import type { Running } from './base/running.ts'
import { userAgentOf } from './base/version.ts'
import { type Client, createClient } from './client/client.ts'
import { createInformers, type Informers } from './client/informers.ts'
import { startClusterRoleAggregation } from './controller/cluster-role-aggregation.ts'
import { startCsrCleaner } from './controller/csr-cleaner.ts'
import { startDaemonSetController } from './controller/daemonset/controller.ts'
import { startDisruptionController } from './controller/disruption.ts'
import { startEventCleanup } from './controller/event-cleanup.ts'
import { startGarbageCollector } from './controller/garbage-collector.ts'
import { type ControllerName, isControllerEnabled } from './controller/names.ts'
import { startNamespaceController } from './controller/namespace.ts'
import { type CertificateIssuer, startNodeCertificates } from './controller/node-certificates.ts'
import { startNodeLifecycle } from './controller/node-lifecycle.ts'
import { startPodGarbageCollector } from './controller/pod-garbage-collector.ts'
import { startServiceAccountController } from './controller/service-account.ts'
import { startTokenCleaner } from './controller/token-cleaner.ts'
import type { PodNames } from './reconcile/daemonset/pod-names.ts'
import type { PlacementMode } from './reconcile/daemonset/pod-template.ts'
import type { Store } from './store/store.ts'

export interface ClusterOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** PEM of the authority that signed the server's certificate: what pods find in `kube-root-ca.crt`. */
  readonly caCertificate: string
  readonly authorizer?: Authorizer
  /** Signs the tokens of service accounts. Default: a key of this run. */
  readonly tokenSigner?: TokenSigner
  /** Answers nodes that ask for a certificate. Default: nobody does. */
  readonly certificateIssuer?: CertificateIssuer
  /** Hears what everybody did, and whether they were allowed to. */
  readonly audit?: (event: AuditEvent) => void
  /** The agents of nodes that are not simulated, by name. */
  readonly kubelets?: (nodeName: string) => Send | undefined
  /** Default `node-name`: no scheduler is part of this cluster. */
  readonly placement?: PlacementMode
  readonly podNames?: PodNames
  /** Leases and events, too, are flushed before they are answered. */
  readonly durability?: 'default' | 'strict'
  /** Which controllers run, in the words of `--controllers`. Default: `*`. */
  readonly controllers?: readonly string[]
  /** What nodes of this process have beside the simulated runtime. Default: nothing is really run. */
  readonly realRuntimes?: FleetOptions['realRuntimes']
  /** How simulated nodes behave. */
  readonly behaviour?: Partial<Behaviour>
  /** What lies between a client of this process and the API server; the simulator puts faults there. */
  readonly network?: (who: string, send: Send) => Send
}

export interface Cluster extends Running {
  /** The API server. */
  readonly handle: Send
  /** Where the API server listens, once it does: pods and tools read it from the cluster. */
  announce(address: Address): Promise<void>
  /** Whose bearer token this is; undefined: nobody's. */
  readonly userOfToken: (token: string) => User | undefined
  /** What the controllers follow the cluster through, for whoever looks on in this process. */
  readonly informers: Informers
  /** A client in this process. */
  clientFor(user: User): Client
}

/** The administrator: what `kubectl` is with the kubeconfig that `up` writes. */
export const administrator: User = { name: 'kubernetes-admin', groups: [groups.masters, groups.authenticated] }

export function startCluster(options: ClusterOptions): Cluster {
  const { store, clock, random, log, network = (_who, send) => send } = options
  let fleet: Fleet | undefined
  const apiserver = createApiserver({
    store,
    clock,
    random,
    log: log.child({ part: 'apiserver' }),
    authorizer: options.authorizer ?? createAuthorizer(),
    kubelets: (node) => fleet?.kubelet(node) ?? options.kubelets?.(node),
    caCertificate: options.caCertificate,
    durability: options.durability ?? 'default',
    ...(options.tokenSigner === undefined ? {} : { tokenSigner: options.tokenSigner }),
    ...(options.audit === undefined ? {} : { audit: options.audit }),
  })

  const clientFor = (user: User) =>
    createClient({ send: network(user.name, apiserver.handle), user, userAgent: userAgentOf(user.name) })

  const informers = createInformers({ client: clientFor(controllerUser('informers')), clock, random, log })
  let running: readonly Running[] = []
  let stopped = false
  async function assemble(): Promise<void> {
    await apiserver.ready
    if (stopped) return
    fleet = startFleet({
      client: clientFor(controllerUser('fleet')),
      clientFor: (node) => clientFor(nodeUser(node)),
      clock,
      random,
      log,
      realRuntimes: options.realRuntimes,
      ...(options.behaviour === undefined ? {} : { behaviour: options.behaviour }),
    })
    running = [startControllers({ ...options, clientFor, informers }), fleet]
  }
  const ready = assemble().then(async () => {
    await Promise.all(running.map((part) => part.ready))
  })
  // Whoever waits for `ready` hears of it; a stop before that must not end the process.
  ready.catch(() => {})

  return {
    handle: apiserver.handle,
    userOfToken: apiserver.userOfToken,
    announce: apiserver.announce,
    informers,
    clientFor,
    ready,
    async stop() {
      stopped = true
      // Nobody waits for `ready`: a node that cannot register never is.
      // Last in, first out: nodes and controllers stop asking before the server stops answering.
      await Promise.all(running.map((part) => part.stop()))
      await apiserver.close()
    },
  }
}

export interface ControllersOptions
  extends Pick<
    ClusterOptions,
    'clock' | 'random' | 'log' | 'caCertificate' | 'certificateIssuer' | 'placement' | 'podNames' | 'controllers'
  > {
  readonly clientFor: (user: User) => Client
  /** What the controllers follow the cluster through. Default: informers that list and watch it. */
  readonly informers?: Informers
}

/** The controllers, as one process runs them. */
export function startControllers(options: ControllersOptions): Running {
  const { clientFor, clock, random, log } = options
  const clientOf = (name: string) => clientFor(controllerUser(name))
  // One set of informers for all controllers: an event is parsed once in this process, whoever waits for it.
  const informers = options.informers ?? createInformers({ client: clientOf('informers'), clock, random, log })
  const optionsFor = (name: string) => ({ client: clientOf(name), clock, random, log, informers })
  const { caCertificate, certificateIssuer: issuer, controllers: chosen = ['*'] } = options
  const start: Readonly<Record<ControllerName, () => Running | undefined>> = {
    'daemonset-controller': () =>
      startDaemonSetController({
        ...optionsFor('daemonset-controller'),
        placement: options.placement ?? 'node-name',
        podNames: options.podNames ?? 'generated',
      }),
    'garbage-collector-controller': () => startGarbageCollector(optionsFor('garbage-collector')),
    'pod-garbage-collector-controller': () => startPodGarbageCollector(optionsFor('pod-garbage-collector')),
    'node-lifecycle-controller': () => startNodeLifecycle(optionsFor('node-lifecycle')),
    'namespace-controller': () => startNamespaceController(optionsFor('namespace-controller')),
    'serviceaccount-controller': () =>
      startServiceAccountController({ ...optionsFor('service-account-controller'), caCertificate }),
    'disruption-controller': () => startDisruptionController(optionsFor('disruption-controller')),
    'event-cleanup-controller': () => startEventCleanup(optionsFor('event-cleanup')),
    'token-cleaner-controller': () => startTokenCleaner(optionsFor('token-cleaner')),
    'certificatesigningrequest-cleaner-controller': () => startCsrCleaner(optionsFor('certificate-controller')),
    'clusterrole-aggregation-controller': () =>
      startClusterRoleAggregation(optionsFor('clusterrole-aggregation-controller')),
    'certificatesigningrequest-signing-controller': () =>
      issuer === undefined ? undefined : startNodeCertificates({ ...optionsFor('certificate-controller'), issuer }),
  }
  const controllers = Object.entries(start).flatMap(([name, act]) => {
    const started = isControllerEnabled(name as ControllerName, chosen) ? act() : undefined
    return started === undefined ? [] : [started]
  })
  return {
    ready: Promise.all(controllers.map((controller) => controller.ready)).then(() => {}),
    async stop() {
      await Promise.all(controllers.map((controller) => controller.stop()))
      informers.stop()
    },
  }
}

export function controllerUser(name: string): User {
  return { name: `system:controller:${name}`, groups: [groups.controllers, groups.authenticated] }
}

export function nodeUser(node: string): User {
  return { name: `system:node:${node}`, groups: [groups.nodes, groups.authenticated] }
}
