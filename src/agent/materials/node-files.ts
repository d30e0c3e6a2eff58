// The two files by which a pod finds others: /etc/hosts and /etc/resolv.conf, from those of the machine and what the pod
// asks for. Upstream: pkg/kubelet/kubelet_pods.go, ensureHostsFile; pkg/kubelet/network/dns/dns.go.

import type { Pod } from '../../api/types.ts'
import type { PodAddresses } from '../materials.ts'

interface HostAlias {
  readonly ip: string
  readonly hostnames?: readonly string[]
}

interface DNSConfig {
  readonly nameservers?: readonly string[]
  readonly searches?: readonly string[]
  readonly options?: readonly { readonly name?: string; readonly value?: string }[]
}

const clusterDomain = 'cluster.local'

/** `machine` is the machine's own file. */
export function etcHosts(pod: Pod, { podIP, hostIP }: PodAddresses, machine: string): string {
  const aliases = ((pod.spec.hostAliases ?? []) as readonly HostAlias[]).map(
    ({ ip, hostnames = [] }) => `${[ip, ...hostnames].join('\t')}\n`,
  )
  const added = aliases.length === 0 ? '' : `\n# Entries added by HostAliases.\n${aliases.join('')}`
  if (pod.spec.hostNetwork === true || podIP === hostIP) {
    return `# Kubernetes-managed hosts file (host network).\n${machine}${added}`
  }
  const { metadata, spec } = pod
  const hostname = ((spec.hostname as string | undefined) || metadata.name || '').slice(0, 63).replace(/[-.]+$/, '')
  const subdomain = spec.subdomain as string | undefined
  const fullName = subdomain ? [`${hostname}.${subdomain}.${metadata.namespace}.svc.${clusterDomain}`] : []
  const lines = [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    [podIP, ...fullName, hostname].join('\t'),
  ]
  return `${lines.join('\n')}\n${added}`
}

export const resolvConfLimits = {
  /** Upstream: MaxDNSNameservers, as the C library reads. */
  nameservers: 3,
  /** Upstream: MaxDNSSearchPaths. */
  searches: 32,
} as const

/** There is no name service of the cluster's own, so ClusterFirst is the machine's, as upstream falls back to it. */
export function resolvConf(pod: Pod, machine: string): string {
  const own = (pod.spec.dnsConfig ?? {}) as DNSConfig
  const base = pod.spec.dnsPolicy === 'None' ? parsed('') : parsed(machine)
  const nameservers = unique([...base.nameservers, ...(own.nameservers ?? [])]).slice(0, resolvConfLimits.nameservers)
  const searches = unique([...base.searches, ...(own.searches ?? [])]).slice(0, resolvConfLimits.searches)
  const options = new Map(base.options.map((option) => [option.split(':')[0]!, option]))
  for (const { name = '', value } of own.options ?? []) {
    options.set(name, value === undefined || value === '' ? name : `${name}:${value}`)
  }
  const lines = [
    ...nameservers.map((server) => `nameserver ${server}`),
    ...(searches.length === 0 ? [] : [`search ${searches.join(' ')}`]),
    ...(options.size === 0 ? [] : [`options ${[...options.values()].join(' ')}`]),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

interface Resolver {
  readonly nameservers: readonly string[]
  readonly searches: readonly string[]
  readonly options: readonly string[]
}

/** The last `search` counts, all `options` do. Upstream: parseResolvConf. */
function parsed(text: string): Resolver {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/))
  const of = (keyword: string) => lines.filter(([first]) => first === keyword).map(([, ...words]) => words)
  return {
    nameservers: of('nameserver').flatMap((words) => words.slice(0, 1)),
    searches: (of('search').at(-1) ?? []).filter((domain) => domain !== '.'),
    options: of('options').flat(),
  }
}

const unique = (texts: readonly string[]) => [...new Set(texts)]
