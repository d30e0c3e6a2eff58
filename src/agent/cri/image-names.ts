// Names of images as people write them and as registries know them. Pure.
// Upstream: github.com/distribution/reference, normalize.go and regexp.go.

/** `busybox` → `docker.io/library/busybox:latest`; undefined where it is no name of an image. */
export function normalImage(image: string): string | undefined {
  const match = reference.exec(image)
  if (match === null) return undefined
  const { name = '', tag, digest } = match.groups!
  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  const isDomain = first.includes('.') || first.includes(':') || first === 'localhost' || first !== first.toLowerCase()
  const domain = isDomain ? (first === 'index.docker.io' ? defaultDomain : first) : defaultDomain
  const rest = isDomain ? name.slice(slash + 1) : name
  if (rest !== rest.toLowerCase()) return undefined
  const path = domain === defaultDomain && !rest.includes('/') ? `library/${rest}` : rest
  const version = tag === undefined && digest === undefined ? ':latest' : `${tag ?? ''}${digest ?? ''}`
  return `${domain}/${path}${version}`
}

const defaultDomain = 'docker.io'
const separator = '(?:[._]|__|[-]+)'
const component = `[a-z0-9]+(?:${separator}[a-z0-9]+)*`
const domain = '(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9.-]*[a-zA-Z0-9])(?::[0-9]+)?|\\[[a-fA-F0-9:]+\\](?::[0-9]+)?)'
const reference = new RegExp(
  `^(?<name>(?:${domain}/)?${component}(?:/${component})*)(?<tag>:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?<digest>@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`,
)
