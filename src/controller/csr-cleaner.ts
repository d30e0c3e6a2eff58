// Deletes certificate requests that are answered, refused or forgotten: nodes and people make new ones, nobody deletes
// them. Upstream: pkg/controller/certificates/cleaner/cleaner.go.

import { X509Certificate } from 'node:crypto'
import { type CertificateSigningRequest, hasRequestCondition } from '../api/certificates.ts'
import { certificateSigningRequests } from '../api/resources.ts'
import { reasonOf } from '../api/status.ts'
import { parseTime } from '../api/time.ts'
import type { Running } from '../base/running.ts'
import { type ControllerOptions, startController } from './controller.ts'

export const csrCleanerLimits = {
  workers: 1,
  approvedMs: 3_600_000,
  deniedMs: 3_600_000,
  pendingMs: 24 * 3_600_000,
} as const

/** Upstream looks every hour; here each request is looked at when its own time is over. */
export function startCsrCleaner(options: ControllerOptions): Running {
  const { client, clock } = options
  return startController('csr-cleaner', options, ({ queue, log, follow }) => {
    const known = follow<CertificateSigningRequest>(certificateSigningRequests, ({ type, object }) => {
      if (type !== 'deleted') queue.add(object.metadata.name!)
    })

    async function work(name: string): Promise<void> {
      const request = known.get(name)
      if (request === undefined || request.metadata.deletionTimestamp !== undefined) return
      const due = dueOf(request)
      if (due === undefined) return
      const waitMs = due.atMs - clock.now()
      if (waitMs > 0) {
        queue.addAfter(name, waitMs)
        return
      }
      log.info('delete', { request: name, because: due.because })
      await remove(request)
    }

    async function remove({ metadata: { name = '', uid = '', resourceVersion = '' } }: CertificateSigningRequest) {
      try {
        await client.delete(certificateSigningRequests, { name }, { preconditions: { uid, resourceVersion } })
      } catch (error) {
        if (reasonOf(error) !== 'NotFound' && reasonOf(error) !== 'Conflict') throw error
      }
    }

    return { workers: csrCleanerLimits.workers, work }
  })
}

export interface Due {
  readonly atMs: number
  readonly because: string
}

/** When the request may go; undefined: never, or not before something more happens to it. */
export function dueOf(request: CertificateSigningRequest): Due | undefined {
  const dues = [pending(request), answered(request), refused(request), ended(request)]
  return dues.reduce((first, due) =>
    first === undefined || (due !== undefined && due.atMs < first.atMs) ? due : first,
  )
}

function pending({ status, metadata }: CertificateSigningRequest): Due | undefined {
  if ((status?.conditions ?? []).length > 0) return undefined
  return after(metadata.creationTimestamp, csrCleanerLimits.pendingMs, 'nobody decided about it')
}

function answered(request: CertificateSigningRequest): Due | undefined {
  if (!isIssued(request)) return undefined
  return after(decidedAt(request, 'Approved'), csrCleanerLimits.approvedMs, 'its certificate was issued')
}

function refused(request: CertificateSigningRequest): Due | undefined {
  return after(decidedAt(request, 'Denied'), csrCleanerLimits.deniedMs, 'it was denied')
}

function ended(request: CertificateSigningRequest): Due | undefined {
  if (!isIssued(request) || !hasRequestCondition(request, 'Approved')) return undefined
  const atMs = endOf(Buffer.from(request.status?.certificate ?? '', 'base64'))
  return atMs === undefined ? undefined : { atMs, because: 'its certificate has expired' }
}

/** Undefined: it cannot be read. */
function endOf(pem: Buffer): number | undefined {
  try {
    return Date.parse(new X509Certificate(pem).validTo)
  } catch {
    return undefined
  }
}

function isIssued({ status }: CertificateSigningRequest): boolean {
  return (status?.certificate ?? '') !== ''
}

function decidedAt({ status }: CertificateSigningRequest, type: string): string | undefined {
  return status?.conditions?.find((condition) => condition.type === type)?.lastUpdateTime ?? undefined
}

function after(time: string | null | undefined, ms: number, because: string): Due | undefined {
  const fromMs = parseTime(time ?? undefined)
  return fromMs === undefined ? undefined : { atMs: fromMs + ms, because }
}
