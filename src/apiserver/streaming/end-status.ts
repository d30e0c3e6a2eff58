// How the end of a command is told: a Status on the error channel, or for old clients a text (W12.6).
// Upstream: kubelet/pkg/cri/streaming/remotecommand, ServeExec and v1WriteStatusFunc.

import type { ContainerEnd } from '../../api/session.ts'

export function endStatus(end: ContainerEnd): object {
  if (end.ended === 'failure') {
    const message = `error executing command in container: ${end.message}`
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
