// How an answer is presented: the first entry of Accept that can be served wins (W5.1). A media type with parameters
// we do not know is passed over, as are protobuf and CBOR.

import { ApiError } from '../api/status.ts'
import type { ApiRequest } from '../api/wire.ts'

export interface Presentation {
  readonly as: 'object' | 'table' | 'metadata'
  readonly format: 'json' | 'yaml'
  /** For a person at a terminal (W1.10). */
  readonly pretty: boolean
}

export function negotiate(request: ApiRequest): Presentation {
  const accept = request.headers.accept ?? ''
  const known = byAccept.get(accept)
  const base = known ?? remember(accept, presentationOf(accept))
  return wantsPretty(request) ? { ...base, pretty: true } : base
}

/** Clients send the same few headers over and over: each is read once. */
const byAccept = new Map<string, Presentation>()
const rememberedHeaders = 256

function remember(accept: string, presentation: Presentation): Presentation {
  if (byAccept.size < rememberedHeaders && accept.length < 1024) byAccept.set(accept, presentation)
  return presentation
}

function presentationOf(accept: string): Presentation {
  const entries = accept.trim() === '' ? ['*/*'] : accept.split(',')
  const ranked = entries.map(parseEntry).filter(({ quality }) => quality > 0)
  // Upstream sorts by quality, keeping the order of equals.
  ranked.sort((a, b) => b.quality - a.quality)
  for (const entry of ranked) {
    const presentation = servable(entry)
    if (presentation !== undefined) return presentation
  }
  throw new ApiError('NotAcceptable', 'only the following media types are accepted: application/json, application/yaml')
}

interface Entry {
  readonly type: string
  readonly parameters: ReadonlyMap<string, string>
  readonly quality: number
}

function parseEntry(text: string): Entry {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim())
  const parameters = new Map<string, string>()
  for (const part of rest) {
    const equals = part.indexOf('=')
    if (equals > 0) parameters.set(part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim())
  }
  const quality = parameters.has('q') ? Number(parameters.get('q')) : 1
  return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 1 : quality }
}

function servable({ type, parameters }: Entry): Presentation | undefined {
  switch (type) {
    case '*/*':
    case 'application/*':
    case 'application/json': {
      const as = shapeOf(parameters)
      return as === undefined ? undefined : { as, format: 'json', pretty: false }
    }
    case 'application/yaml':
      return parameters.has('as') ? undefined : { as: 'object', format: 'yaml', pretty: false }
    default:
      return undefined
  }
}

function shapeOf(parameters: ReadonlyMap<string, string>): Presentation['as'] | undefined {
  const as = parameters.get('as')
  if (as === undefined) return 'object'
  const version = parameters.get('v')
  const isMeta = parameters.get('g') === 'meta.k8s.io' && (version === 'v1' || version === 'v1beta1')
  if (!isMeta) return undefined
  if (as === 'Table') return version === 'v1' ? 'table' : undefined
  return as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList' ? 'metadata' : undefined
}

/** A person at a terminal, by how he asks (W1.10). */
export function wantsPretty(request: Pick<ApiRequest, 'query' | 'headers'>): boolean {
  const asked = request.query.get('pretty')
  if (asked !== null) return asked === 'true' || asked === '1'
  const agent = request.headers['user-agent'] ?? ''
  return agent.startsWith('curl') || agent.startsWith('Wget') || agent.startsWith('Mozilla')
}
