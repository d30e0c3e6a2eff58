// Gives nodes the certificates they ask for: approves a request when whoever sent it may have such a certificate, and
// signs what is approved. Upstream: pkg/controller/certificates/{approver/sarapprove.go,signer/signer.go}.

import {
  type CertificateSigningRequest,
  type CertificateUse,
  certificatesGroup,
  hasRequestCondition,
  kubeletClientSigner,
  kubeletServingSigner,
  type RequestedCertificate,
} from '../api/certificates.ts'
import { certificateSigningRequests, subjectAccessReviews } from '../api/resources.ts'
import type { ApiObject } from '../api/types.ts'
import type { Running } from '../base/running.ts'
import { type ControllerOptions, startController } from './controller.ts'
import { whyNotNodeClient } from './node-client.ts'
import { isOwnServingName, whyNotNodeServing } from './node-serving.ts'

/** Who can read requests and sign them: the cluster's authority. */
export interface CertificateIssuer {
  /** Undefined: it cannot be read, or who sent it does not hold the key. */
  read(request: string): Promise<RequestedCertificate | undefined>
  sign(request: string, use: CertificateUse, lifeMs: number): Promise<string>
  /** What the API server itself is known by: no node is given one of these. */
  ownNames(): ReadonlySet<string>
}

export interface NodeCertificatesOptions extends ControllerOptions {
  readonly issuer: CertificateIssuer
}

export const nodeCertificateLimits = {
  workers: 2,
  /** What is asked for may be shorter. */
  mostSeconds: 365 * 24 * 60 * 60,
} as const

export function startNodeCertificates(options: NodeCertificatesOptions): Running {
  const { client, issuer } = options
  return startController('node-certificates', options, ({ queue, log, follow }) => {
    const known = follow<CertificateSigningRequest>(certificateSigningRequests, ({ type, object }) => {
      if (type !== 'deleted' && isOpen(object)) queue.add(object.metadata.name!)
    })

    async function work(name: string): Promise<void> {
      const request = known.get(name)
      if (request === undefined || !isOpen(request)) return
      const pem = Buffer.from(request.spec.request, 'base64').toString('utf8')
      const wanted = await issuer.read(pem)
      const { whyNot } = signerOf(request)
      const why = wanted === undefined ? 'the request cannot be read' : whyNot(request, wanted)
      if (!hasRequestCondition(request, 'Approved')) {
        // Somebody else may know better: what is not for a node stays as it is.
        if (wanted !== undefined && why === undefined) await approve(request, wanted)
        return
      }
      if (why !== undefined) await fail(request, why)
      else await sign(request, pem)
    }

    async function approve(request: CertificateSigningRequest, wanted: RequestedCertificate): Promise<void> {
      for (const way of signerOf(request).ways) {
        if (!way.fits(request, wanted, issuer.ownNames()) || !(await may(request, way.subresource))) continue
        log.info('approve', { request: request.metadata.name, user: request.spec.username, node: wanted.commonName })
        await write(request, 'approval', { type: 'Approved', reason: 'AutoApproved', message: way.message })
        return
      }
    }

    async function may({ spec }: CertificateSigningRequest, subresource: string): Promise<boolean> {
      const resourceAttributes = {
        group: certificatesGroup,
        resource: 'certificatesigningrequests',
        verb: 'create',
        subresource,
      }
      const { username: user, uid, groups, extra } = spec
      const review: AccessReview = { metadata: {}, spec: { user, uid, groups, extra, resourceAttributes } }
      return (await client.create<AccessReview>(subjectAccessReviews, review)).status?.allowed === true
    }

    async function sign(request: CertificateSigningRequest, pem: string): Promise<void> {
      const { expirationSeconds = nodeCertificateLimits.mostSeconds } = request.spec
      const seconds = Math.min(expirationSeconds, nodeCertificateLimits.mostSeconds)
      const certificate = Buffer.from(await issuer.sign(pem, signerOf(request).use, seconds * 1000)).toString('base64')
      log.info('sign', { request: request.metadata.name, user: request.spec.username, seconds })
      const status = { ...request.status, certificate }
      await client.update(certificateSigningRequests, { ...request, status }, { subresource: 'status' })
    }

    async function fail(request: CertificateSigningRequest, why: string): Promise<void> {
      await write(request, 'status', { type: 'Failed', reason: 'SignerValidationFailure', message: why })
    }

    async function write(
      request: CertificateSigningRequest,
      subresource: string,
      condition: { type: string; reason: string; message: string },
    ): Promise<void> {
      const conditions = [...(request.status?.conditions ?? []), { ...condition, status: 'True' }]
      const status = { ...request.status, conditions }
      await client.update(certificateSigningRequests, { ...request, status }, { subresource })
    }

    return { workers: nodeCertificateLimits.workers, work }
  })
}

/** Ours, and neither refused nor answered. */
function isOpen(request: CertificateSigningRequest): boolean {
  return (
    Object.hasOwn(signers, request.spec.signerName) &&
    request.metadata.deletionTimestamp === undefined &&
    (request.status?.certificate ?? '') === '' &&
    !hasRequestCondition(request, 'Denied') &&
    !hasRequestCondition(request, 'Failed')
  )
}

interface AccessReview extends ApiObject {
  spec: object
  status?: { allowed?: boolean }
}

interface Way {
  readonly subresource: string
  readonly message: string
  readonly fits: (
    request: CertificateSigningRequest,
    wanted: RequestedCertificate,
    ownNames: ReadonlySet<string>,
  ) => boolean
}

interface Signer {
  readonly use: CertificateUse
  readonly whyNot: (request: CertificateSigningRequest, wanted: RequestedCertificate) => string | undefined
  readonly ways: readonly Way[]
}

/** A node asks for itself, or a newcomer for the node it is going to be: each is a right of its own. */
const clientWays: readonly Way[] = [
  {
    subresource: 'selfnodeclient',
    message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
    fits: ({ spec }, { commonName }) => spec.username === commonName,
  },
  {
    subresource: 'nodeclient',
    message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
    fits: () => true,
  },
]

const servingWays: readonly Way[] = [
  {
    subresource: 'selfnodeserver',
    message: 'Auto approving self kubelet serving certificate after SubjectAccessReview.',
    fits: isOwnServingName,
  },
]

const signers: Readonly<Record<string, Signer>> = {
  [kubeletClientSigner]: { use: 'client', whyNot: whyNotNodeClient, ways: clientWays },
  [kubeletServingSigner]: { use: 'server', whyNot: whyNotNodeServing, ways: servingWays },
}

/** Of a request that is open: it has one of ours. */
function signerOf({ spec }: CertificateSigningRequest): Signer {
  return signers[spec.signerName]!
}
