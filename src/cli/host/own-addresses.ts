// Under which addresses a server is found that listens on all of them.
import { networkInterfaces } from 'node:os'

/** What its certificate must say: what was asked for, or all that this machine has. */
export function certificateHosts(listenHost: string, interfaces = networkInterfaces()): string[] {
  return isAll(listenHost) ? addresses(interfaces).map(({ address }) => address) : [listenHost]
}

/** What others are told: the first address that is not loopback. */
export function announcedHost(listenHost: string, interfaces = networkInterfaces()): string {
  if (!isAll(listenHost)) return listenHost
  const family = listenHost === '::' ? undefined : 'IPv4'
  const all = addresses(interfaces).filter((one) => family === undefined || one.family === family)
  return (
    (all.find((one) => !one.internal && one.family === 'IPv4') ?? all.find((one) => !one.internal))?.address ??
    listenHost
  )
}

function isAll(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

/** Link-local ones change with every boot, and lead nowhere without a zone. */
function addresses(interfaces: ReturnType<typeof networkInterfaces>) {
  return Object.values(interfaces)
    .flatMap((list) => list ?? [])
    .filter(({ address }) => !address.toLowerCase().startsWith('fe80:'))
}
