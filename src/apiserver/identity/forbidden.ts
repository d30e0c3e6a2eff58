// A refusal in Kubernetes' own words (W6.3). Upstream: apiserver/pkg/endpoints/handlers/responsewriters/errors.go.

import { ApiError, forbiddenError } from '../../api/status.ts'
import type { RequestAttributes } from './authorize.ts'

export function refusal(attributes: RequestAttributes, reason: string): ApiError {
  const why = reason === '' ? wanted(attributes) : `${wanted(attributes)}: ${reason}`
  if (attributes.kind === 'path') return new ApiError('Forbidden', `forbidden: ${why}`, {})
  return forbiddenError(attributes, attributes.name ?? '', why)
}

function wanted(attributes: RequestAttributes): string {
  const who = `User ${quoted(attributes.user.name)} cannot ${attributes.verb}`
  if (attributes.kind === 'path') return `${who} path ${quoted(attributes.path)}`
  const { group, plural, subresource, namespace } = attributes
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace ${quoted(namespace)}`
  return `${who} resource ${quoted(resource)} in API group ${quoted(group)} ${where}`
}

function quoted(text: string): string {
  return JSON.stringify(text)
}
