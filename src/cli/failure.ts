// What a person is told when a command fails: one line, in kubectl's words where kubectl has them.
// Upstream: kubectl/pkg/cmd/util/helpers.go, StandardErrorMessage.

import { ApiError } from '../api/status.ts'
import { KubeconfigError } from '../client/kubeconfig.ts'
import { Unreachable } from '../client/unreachable.ts'
import { CommandError } from './command-error.ts'
import { ManifestRefused } from './manifests/apply.ts'

export interface Failure {
  readonly message: string
  readonly exitCode: number
}

/** Undefined for what nobody expected: a bug, to be shown with its stack. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof CommandError) return { message: prefixed(error.message), exitCode: error.exitCode }
  if (error instanceof ApiError) return { message: refusalText(error), exitCode: 1 }
  if (error instanceof ManifestRefused) return { message: manifestText(error), exitCode: 1 }
  if (error instanceof Unreachable) return { message: unreachableText(error), exitCode: 1 }
  if (error instanceof KubeconfigError) return { message: `error: ${error.message}`, exitCode: 1 }
  return undefined
}

/** A line that says by itself what it is stays as it is. */
function prefixed(message: string): string {
  return message === '' || /^(error|Error from server)\b/.test(message) ? message : `error: ${message}`
}

/** `doing`: what was tried, for commands that work through files: `error when creating "x.yaml"`. */
export function refusalText(error: ApiError, doing = ''): string {
  const prefix = doing === '' ? '' : `${doing}: `
  if (error.code === 401) return `error: You must be logged in to the server (${prefix}${error.message})`
  if (error.reason === 'Invalid') return invalidText(error)
  return `Error from server (${error.reason}): ${prefix}${error.message}`
}

/** `The DaemonSet "x" is invalid: field: message`, or a list of them. Upstream: statusCausesToAggrError. */
function invalidText(error: ApiError): string {
  const { kind, name = '', causes = [] } = error.details ?? {}
  if (kind === undefined) return `The request is invalid: ${error.message}`
  const texts = [...new Set(causes.map(({ field, message }) => (field ? `${field}: ${message}` : message)))]
  const subject = `The ${kind} "${name}" is invalid`
  if (texts.length === 0) return subject
  return texts.length === 1 ? `${subject}: ${texts[0]}` : `${subject}: \n${texts.map((text) => `* ${text}`).join('\n')}`
}

/** `unknown field "spec.x"`, `Go struct field DaemonSetSpec.spec.minReadySeconds of type int32`. */
const namedFields = /(?:unknown|duplicate) field "([^"]+)"|Go struct field \w+\.(\S+) of type/g

/** kubectl's line, and where in the file the fields stand that it names. */
function manifestText({ refusal, attempt, manifest }: ManifestRefused): string {
  const patchProblem = patchProblemOf(refusal)
  const text =
    patchProblem === undefined
      ? refusalText(refusal, attempt)
      : `Error from server (BadRequest): ${attempt}: ${patchProblem}`
  const causes = patchProblem === undefined ? (refusal.details?.causes ?? []) : []
  const fields = [
    ...causes.flatMap(({ field }) => (field === undefined || field === '' ? [] : [field])),
    ...[...refusal.message.matchAll(namedFields)].map(([, named, typed]) => named ?? typed ?? ''),
  ]
  const positions = [...new Set(fields.map((field) => manifest.positionOf(field)))]
  return positions.length === 0 ? text : `${text} (${positions.join(', ')})`
}

/**
 * A patch whose outcome is no object is refused with that whole outcome in the message: thousands of characters, and what
 * is wrong at their end. Only that end is told. Upstream: apiserver/pkg/endpoints/handlers/patch.go, applyJSPatch.
 */
function patchProblemOf({ details }: ApiError): string | undefined {
  const [cause, ...more] = details?.causes ?? []
  if (cause?.field !== 'patch' || more.length > 0) return undefined
  return /^Invalid value: "(?:[^"\\]|\\.)*": (.+)$/s.exec(cause.message ?? '')?.[1]
}

function unreachableText(error: Unreachable): string {
  const host = /https?:\/\/([^/\s]+)/.exec(error.message)?.[1]
  if (codeIn(error) !== 'ECONNREFUSED' || host === undefined) return `error: ${error.message}`
  const question = 'did you specify the right host or port? (`everynode up` starts a cluster)'
  return `The connection to the server ${host} was refused - ${question}`
}

function codeIn(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code
  }
  return undefined
}
