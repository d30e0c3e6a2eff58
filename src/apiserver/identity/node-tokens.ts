// A node may have tokens of service accounts only for the pods that run on it, and each token must be bound to such a
// pod: it is worth nothing once the pod is gone.
// Upstream: plugin/pkg/admission/noderestriction/admission.go, admitServiceAccount.

import { serviceAccounts } from '../../api/resources.ts'
import { type ApiError, forbiddenError } from '../../api/status.ts'
import type { User } from '../../api/wire.ts'
import { nodeNameOf } from './node-rules.ts'

export interface BoundObject {
  apiVersion?: string
  kind?: string
  name?: string
  uid?: string
}

/** Undefined when the token may be issued; anybody who is no node may ask for any. The uid is compared later on. */
export function refuseForeignToken(
  user: User,
  reference: BoundObject | undefined,
  nodeOfPod: (podName: string) => string | undefined,
): ApiError | undefined {
  const nodeName = nodeNameOf(user)
  if (nodeName === undefined) return undefined
  const why = whyNot(nodeName, reference, nodeOfPod)
  return why === undefined ? undefined : forbiddenError(serviceAccounts, '', why)
}

function whyNot(
  nodeName: string,
  { apiVersion, kind, name = '', uid = '' }: BoundObject = {},
  nodeOfPod: (podName: string) => string | undefined,
): string | undefined {
  if (apiVersion !== 'v1' || kind !== 'Pod' || name === '') return 'node requested token not bound to a pod'
  if (uid === '') return 'node requested token with a pod binding without a uid'
  return nodeOfPod(name) === nodeName ? undefined : 'node requested token bound to a pod scheduled on a different node'
}
