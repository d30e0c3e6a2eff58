// The flags that every command has which starts a cluster on this machine, and what they mean.
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ClusterOptions } from '../../cluster.ts'
import { controllerNames, unknownController } from '../../controller/names.ts'
import { dataPath, openDataDirectory } from '../host/data-directory.ts'
import type { HostOptions } from '../host/host.ts'
import { checkKubeconfig, kubeconfigPath } from '../host/kubeconfig-file.ts'
import type { LogLevel } from '../host/log-file.ts'
import { playedRuntimes } from '../host/simulated-nodes.ts'

export interface ClusterFlags {
  readonly data?: string
  readonly listen: Address
  readonly kubeconfig?: string
  readonly context: string
  readonly durability: NonNullable<ClusterOptions['durability']>
  readonly podNames: NonNullable<ClusterOptions['podNames']>
  readonly controllers: readonly string[]
  readonly logLevel: LogLevel
  readonly auditLog?: string
  readonly encryptionProviderConfig?: string
}

export interface Address {
  readonly host: string
  readonly port: number | undefined
}

export function addClusterFlags(command: Command): Command {
  return command
    .option('--data <dir>', 'where the cluster lives (default: $EVERYNODE_DATA, else ~/.everynode)')
    .addOption(
      new Option(
        '--listen <address>',
        'address of the API server; port 0 is any free one, no port the one of last time',
      )
        .argParser(parseAddress)
        .default({ host: '127.0.0.1', port: undefined }, '127.0.0.1'),
    )
    .option('--kubeconfig <file>', 'kubeconfig the context is written to (default: $KUBECONFIG, else ~/.kube/config)')
    .option('--context <name>', 'name of that context', 'everynode')
    .addOption(
      new Option('--durability <mode>', 'strict: leases and events, too, are on disk before they are answered')
        .choices(['default', 'strict'])
        .default('default'),
    )
    .addOption(
      new Option('--pod-names <kind>', "how a DaemonSet's pods get their names: by chance, or from node and revision")
        .choices(['generated', 'derived'])
        .default('generated'),
    )
    .addOption(
      new Option('--controllers <list>', 'controllers that run: `*` is all, `-NAME` leaves one out, NAME asks for one')
        .argParser(parseControllers)
        .default(['*'], '*'),
    )
    .addOption(
      new Option('--log-level <level>', 'least important line that is logged')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .option('--audit-log <file>', 'write who did what, and whether they were allowed to, as lines of JSON')
    .option(
      '--encryption-provider-config <file>',
      'the EncryptionConfiguration that says which objects are encrypted on disk',
    )
}

export function runtimeOption(description: string): Option {
  return new Option('--runtime <name>', description).choices([...playedRuntimes]).default('simulated')
}

/** All a host needs but its log. Makes the data directory where there is none. */
export async function hostOptions(flags: ClusterFlags): Promise<Omit<HostOptions, 'log'>> {
  const kubeconfig = kubeconfigPath(flags.kubeconfig, process.env)
  await checkKubeconfig(kubeconfig)
  return {
    data: await openDataDirectory(dataPath(flags.data, process.env)),
    listen: flags.listen,
    kubeconfig,
    context: flags.context,
    auditLog: flags.auditLog,
    encryptionProviderConfig: flags.encryptionProviderConfig,
    cluster: { controllers: flags.controllers, durability: flags.durability, podNames: flags.podNames },
  }
}

/** `127.0.0.1`, `127.0.0.1:6443`, `[::1]:6443`, `:6443` (loopback). */
export function parseAddress(text: string): Address {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text)
  const port = match?.[3] === undefined ? undefined : Number(match[3])
  if (match === null || text === '' || (port !== undefined && port > 65_535)) {
    throw new InvalidArgumentError('Needed is HOST, HOST:PORT or [IPv6]:PORT, such as 127.0.0.1:6443.')
  }
  const host = match[1] ?? (match[2] === '' ? '127.0.0.1' : match[2]!)
  return { host, port }
}

/** `*,-daemonset`. */
function parseControllers(text: string): readonly string[] {
  const list = text.split(',').map((entry) => entry.trim())
  const unknown = unknownController(list)
  if (unknown !== undefined) {
    throw new InvalidArgumentError(`There is no controller "${unknown}"; there are ${controllerNames.join(', ')}.`)
  }
  return list
}

/** A whole number, below 0 as well. */
export function parseInteger(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw new InvalidArgumentError('Needed is a whole number.')
  return Number(text)
}

/** A number of something, 0 or more. */
export function parseCount(text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count)) throw new InvalidArgumentError('Needed is a whole number.')
  return count
}
