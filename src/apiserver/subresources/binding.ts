// POST pods/NAME/binding: a scheduler's decision (W12.3). Upstream: pkg/registry/core/pod/storage/storage.go, assignPod.

import { type FieldError, invalid, notSupported, required } from '../../api/field-error.ts'
import { conflictError, invalidError } from '../../api/status.ts'
import { formatTime } from '../../api/time.ts'
import type { ApiObject, Condition, ObjectReference, Pod } from '../../api/types.ts'
import type { ApiResponse } from '../../api/wire.ts'
import { successStatus } from '../answer.ts'
import { readPassing } from '../body.ts'
import { writeOptionsOf } from '../options.ts'
import type { Call, Parts } from '../parts.ts'
import { presentValue } from '../present.ts'
import { changeStored } from '../registry.ts'

export async function bind(parts: Parts, call: Call): Promise<ApiResponse> {
  const { resource, namespace, name = '' } = call.target
  const { dryRun } = writeOptionsOf('CreateOptions', call.request.query)
  const binding = readBinding(call)
  await changeStored(parts, { resource, namespace, name }, dryRun, (old) => {
    const pod = old as Pod
    const why = whyNot(pod, binding)
    if (why !== undefined) throw conflictError({ group: '', plural: 'pods/binding' }, name, why)
    return { do: 'put', object: bound(pod, binding, parts.clock.now()) }
  })
  return presentValue(call.presentation, 201, successStatus(undefined, 201))
}

interface Binding {
  readonly nodeName: string
  readonly uid: string | undefined
  readonly annotations: Readonly<Record<string, string>>
}

interface BindingBody extends ApiObject {
  target?: ObjectReference
}

function readBinding(call: Call): Binding {
  const { metadata, target = {} } = readPassing<BindingBody>(call.request, 'Binding') ?? { metadata: {} }
  const { kind = 'Node', name: nodeName = '' } = target
  const { name: inBody = '', uid = '', annotations = {} } = metadata
  const errors: FieldError[] = []
  if (kind !== '' && kind !== 'Node') errors.push(notSupported('target.kind', kind, ['Node', '<empty>']))
  if (nodeName === '') errors.push(required('target.name'))
  if (inBody !== '' && inBody !== call.target.name) {
    errors.push(invalid('metadata.name', inBody, 'name in URL does not match name in Binding object'))
  }
  if (errors.length > 0) throw invalidError('', 'Binding', call.target.name ?? '', errors)
  return { nodeName, uid: uid === '' ? undefined : uid, annotations }
}

function whyNot({ metadata, spec }: Pod, { uid }: Binding): string | undefined {
  const { name, deletionTimestamp } = metadata
  if (uid !== undefined && uid !== metadata.uid) {
    return `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`
  }
  if (deletionTimestamp !== undefined) return `pod ${name} is being deleted, cannot be assigned to a host`
  if ((spec.nodeName ?? '') !== '') return `pod ${name} is already assigned to node "${spec.nodeName}"`
  return (spec.schedulingGates ?? []).length > 0 ? `pod ${name} has non-empty .spec.schedulingGates` : undefined
}

function bound(pod: Pod, { nodeName, annotations }: Binding, nowMs: number): ApiObject {
  const { metadata, spec, status } = pod
  const scheduled: Condition = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: formatTime(nowMs),
  }
  const conditions = (status?.conditions ?? []).filter(({ type }) => type !== scheduled.type)
  const annotated = { ...metadata.annotations, ...annotations }
  const changed: Pod = {
    ...pod,
    metadata: Object.keys(annotated).length === 0 ? metadata : { ...metadata, annotations: annotated },
    spec: { ...spec, nodeName },
    status: { ...status, conditions: [...conditions, scheduled] },
  }
  return changed
}
