// How the end of a command is told: a Status on the error channel, or for old clients a text (W12.6).
// Upstream: kubelet/pkg/cri/streaming/remotecommand, ServeExec and v1WriteStatusFunc.

import type { ContainerEnd } from '../../api/session.ts'

export function endStatus(end: ContainerEnd): object {
  if (end.ended === 'failure') {
    const message = `${failurePrefix}${end.message}`
    return {
      metadata: {},
      status: 'Failure',
      message: `Internal error occurred: ${message}`,
      reason: 'InternalError',
      details: { causes: [{ message }] },
      code: 500,
    }
  }
  if (end.exitCode === 0) return { metadata: {}, status: 'Success' }
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${end.exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(end.exitCode) }] },
  }
}

/** The same read back, from what stands on the error channel. */
export function endOf(text: string): ContainerEnd {
  try {
    const { status, reason, message = '', details = {} } = JSON.parse(text) as ReadStatus
    const [cause] = details.causes ?? []
    if (status === 'Success') return { ended: 'exit', exitCode: 0 }
    if (reason === 'NonZeroExitCode') return { ended: 'exit', exitCode: Number(cause?.message ?? 1) }
    return { ended: 'failure', message: (cause?.message ?? message).replace(failurePrefix, '') }
  } catch {
    return { ended: 'failure', message: text }
  }
}

interface ReadStatus {
  readonly status?: string
  readonly reason?: string
  readonly message?: string
  readonly details?: { readonly causes?: readonly { readonly message?: string }[] }
}

const failurePrefix = 'error executing command in container: '

/** Protocols before the fourth: nothing when all went well. */
export function endText(end: ContainerEnd): string {
  const status = endStatus(end)
  return 'message' in status ? String(status.message) : ''
}

/** What stands on the error channel of this protocol, SPDY's or WebSocket's. */
export function endBytes(protocol: string, end: ContainerEnd): Uint8Array {
  const isStatus = protocol.startsWith('v4.') || protocol.startsWith('v5.')
  return Buffer.from(isStatus ? JSON.stringify(endStatus(end)) : endText(end))
}
