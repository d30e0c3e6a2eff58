// Which credentials of a pod's imagePullSecrets are for an image: the same that the kubelet would take, in its order.
// Pure. Upstream: pkg/credentialprovider/keyring.go, config.go and secrets/secrets.go.

import type { AuthConfig } from './messages.ts'

export interface PullSecret {
  readonly type?: string
  readonly data?: Readonly<Record<string, string>>
}

/** `image` in full (`docker.io/library/busybox:latest`); what nobody can read in a secret is passed over. */
export function credentialsFor(image: string, pullSecrets: readonly PullSecret[]): readonly AuthConfig[] {
  const entries = pullSecrets.flatMap(entriesOf)
  const target = splitPlace(image)
  // The longer of two that begin alike comes first.
  const places = [...new Set(entries.map(({ place }) => place))].sort().reverse()
  const matching = places.filter((place) => matches(splitPlace(place), target))
  const found = matching.flatMap((wanted) => entries.filter(({ place }) => place === wanted))
  if (found.length > 0) return found.map(({ auth }) => auth)
  if (target.host.join('.') !== 'docker.io') return []
  return entries
    .filter(({ place }) => place === 'index.docker.io' || place === 'index.docker.io/v1/')
    .map(({ auth }) => auth)
}

interface Entry {
  /** `registry.example.com:5000/team`: without scheme and API version. */
  readonly place: string
  readonly auth: AuthConfig
}

function entriesOf({ type, data = {} }: PullSecret): Entry[] {
  const config =
    type === 'kubernetes.io/dockerconfigjson'
      ? field(parsed(data['.dockerconfigjson']), 'auths')
      : type === 'kubernetes.io/dockercfg'
        ? parsed(data['.dockercfg'])
        : undefined
  return Object.entries(asObject(config)).flatMap(([place, entry]) => {
    const auth = authOf(asObject(entry))
    return auth === undefined ? [] : [{ place: placeOf(place), auth }]
  })
}

/** `auth` is `user:password` in base 64 and stronger than the two alone. */
function authOf(entry: Readonly<Record<string, unknown>>): AuthConfig | undefined {
  const { auth, username, password } = entry
  if (typeof auth === 'string' && auth !== '') {
    const decoded = Buffer.from(auth, 'base64').toString('utf8')
    const colon = decoded.indexOf(':')
    return colon < 0 ? undefined : { username: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
  }
  if (typeof username !== 'string' || typeof password !== 'string') return undefined
  return { username, password }
}

function placeOf(url: string): string {
  const place = url.replace(/^https?:\/\//, '')
  const slash = place.indexOf('/')
  if (slash < 0) return place
  const path = place.slice(slash).replace(/^\/v[12]\//, '/')
  return path === '/' ? place.slice(0, slash) : place.slice(0, slash) + path
}

interface Place {
  readonly host: readonly string[]
  readonly port: string
  readonly path: string
}

function splitPlace(place: string): Place {
  const slash = place.indexOf('/')
  const authority = slash < 0 ? place : place.slice(0, slash)
  const colon = authority.lastIndexOf(':')
  return {
    host: (colon < 0 ? authority : authority.slice(0, colon)).split('.'),
    port: colon < 0 ? '' : authority.slice(colon + 1),
    path: slash < 0 ? '' : place.slice(slash),
  }
}

/** `*` stands for any part of a host's name; ports and paths have none. */
function matches(pattern: Place, target: Place): boolean {
  return (
    pattern.port === target.port &&
    pattern.host.length === target.host.length &&
    target.path.startsWith(pattern.path) &&
    pattern.host.every((part, index) => fits(part, target.host[index]!))
  )
}

function fits(pattern: string, part: string): boolean {
  const pieces = pattern.split('*').map((piece) => piece.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'))
  return new RegExp(`^${pieces.join('[^/]*')}$`).test(part)
}

function parsed(base64: string | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(base64 ?? '', 'base64').toString('utf8'))
  } catch {
    return undefined
  }
}

function field(value: unknown, name: string): unknown {
  return asObject(value)[name]
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
