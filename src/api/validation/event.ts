// Rules for events (W9.10, W14.4). One that names no moment (`eventTime`) is of the older generation, of which little is
// asked; whoever writes through events.k8s.io/v1 must write the newer one. An object is looked at as it is kept: errors
// name the fields of core, whatever the request calls them, as upstream's do.
// Upstream: pkg/apis/core/validation/events.go.

import { isObject } from '../../base/json.ts'
import { type FieldError, invalid, required } from '../field-error.ts'
import { pathSegment, qualifiedName } from '../names.ts'
import { eventsV1, type Resource } from '../resources.ts'
import { semanticEqual } from '../semantic-equality.ts'
import type { ApiObject, Event } from '../types.ts'
import { duplicatesRemoved } from './duplicates.ts'
import { validateMetadata, validateMetadataUpdate } from './metadata.ts'
import { textOf } from './parts.ts'

const shortLength = 128
const messageLength = 1024

export function validateEvent(object: ApiObject, resource: Pick<Resource, 'group'>): FieldError[] {
  return [...validateEither(object, resource), ...(isStrict(resource) ? strictErrors(object as Event) : [])]
}

export function validateEventUpdate(resource: Resource, object: ApiObject, old: ApiObject): FieldError[] {
  const errors = [...validateEither(object, resource), ...validateMetadataUpdate(object, old)]
  if (!isStrict(resource)) return duplicatesRemoved(errors)
  const [now, before] = [object, old] as unknown as Readonly<Record<string, unknown>>[]
  const changed = fixedFields.filter((field) => !semanticEqual(now?.[field], before?.[field]))
  return [...errors, ...changed.map((field) => invalid(fieldName(field), now?.[field] ?? null, 'field is immutable'))]
}

/** What an update through events.k8s.io/v1 leaves as it is: all but the series. */
const fixedFields = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingComponent',
  'reportingInstance',
] as const

function fieldName(field: (typeof fixedFields)[number]): string {
  return field === 'reportingComponent' ? 'reportingController' : field
}

function isStrict({ group }: Pick<Resource, 'group'>): boolean {
  return group === eventsV1.group
}

function validateEither(object: ApiObject, resource: Pick<Resource, 'group'>): FieldError[] {
  const event = object as Event
  const errors = validateMetadata(object, { namespaced: true, name: pathSegment })
  const isOlder = (event.eventTime ?? '') === ''
  return [...errors, ...(isOlder ? namespaceErrors(event, ['', 'default']) : newerErrors(event, resource))]
}

/** Events about things without a namespace are kept in these few. */
function namespaceErrors({ metadata, involvedObject }: Event, ofCluster: readonly string[]): FieldError[] {
  const [own, theirs] = [metadata.namespace ?? '', textOf(isObject(involvedObject) ? involvedObject.namespace : '')]
  const fits = theirs === '' ? ofCluster.includes(own) : own === theirs
  return fits ? [] : [invalid('involvedObject.namespace', theirs, 'does not match event.namespace')]
}

function newerErrors(event: Event, resource: Pick<Resource, 'group'>): FieldError[] {
  const { reason, message, reportingComponent, reportingInstance } = event
  const { action } = event as { action?: string }
  const theirs = textOf(isObject(event.involvedObject) ? event.involvedObject.namespace : '')
  const reporter = isStrict(resource) ? 'reportingController' : 'reportingComponent'
  return [
    ...(theirs === '' ? namespaceErrors(event, ['default', 'kube-system']) : []),
    ...presence(reporter, textOf(reportingComponent)),
    ...qualifiedName(textOf(reportingComponent)).map((why) => invalid(reporter, textOf(reportingComponent), why)),
    ...shortText('reportingInstance', textOf(reportingInstance)),
    ...shortText('action', textOf(action)),
    ...shortText('reason', textOf(reason)),
    ...length('message', textOf(message), messageLength),
  ]
}

function strictErrors(event: Event): FieldError[] {
  const { eventTime, type, firstTimestamp, lastTimestamp, count, source } = event
  const unset = (field: string, isSet: boolean) => (isSet ? [invalid(field, '', 'needs to be unset')] : [])
  return [
    ...presence('eventTime', eventTime ?? ''),
    ...(type === 'Normal' || type === 'Warning' ? [] : [invalid('type', '', `has invalid value: ${textOf(type)}`)]),
    ...unset('firstTimestamp', (firstTimestamp ?? '') !== ''),
    ...unset('lastTimestamp', (lastTimestamp ?? '') !== ''),
    ...unset('count', (count ?? 0) !== 0),
    ...unset('source', textOf(source?.component) !== '' || textOf(source?.host) !== ''),
  ]
}

function shortText(field: string, text: string): FieldError[] {
  return [...presence(field, text), ...length(field, text, shortLength)]
}

function presence(field: string, text: string): FieldError[] {
  return text === '' ? [required(field)] : []
}

function length(field: string, text: string, limit: number): FieldError[] {
  return text.length > limit ? [invalid(field, '', `can have at most ${limit} characters`)] : []
}
