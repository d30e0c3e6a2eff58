import { X509Certificate } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { nodeRequest, requestFor } from '../../test/certificate-requests.ts'
import { type ControllerWorld, controllerWorld } from '../../test/controller-world.ts'
import {
  type CertificateSigningRequest,
  kubeletClientSigner,
  kubeletServingSigner,
  type RequestedCertificate,
} from '../api/certificates.ts'
import { type ClusterRole, type RoleBinding, rbacGroup } from '../api/rbac.ts'
import { certificateSigningRequests, clusterRoleBindings, clusterRoles } from '../api/resources.ts'
import { parseTime } from '../api/time.ts'
import type { User } from '../api/wire.ts'
import { type Authority, openAuthority } from '../apiserver/identity/authority.ts'
import { subjectOf } from '../apiserver/identity/subject.ts'
import { VirtualClock } from '../base/clock.ts'
import { silentLog } from '../base/log.ts'
import { seededRandom } from '../base/random.ts'
import type { Client } from '../client/client.ts'
import { startNodeCertificates } from './node-certificates.ts'
import { whyNotNodeClient } from './node-client.ts'
import { whyNotNodeServing } from './node-serving.ts'

const newcomer: User = { name: 'system:bootstrap:abcdef', groups: ['system:bootstrappers', 'system:authenticated'] }
const nodeA: User = { name: 'system:node:a', groups: ['system:nodes', 'system:authenticated'] }
const anna: User = { name: 'anna', groups: ['system:authenticated'] }
const usages = ['digital signature', 'client auth']

let directory: string
let authority: Authority
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'everynode-csr-'))
  authority = await openAuthority({ directory, clock: new VirtualClock(), random: seededRandom(1) })
})
afterAll(() => rm(directory, { recursive: true }))

let world: ControllerWorld
beforeEach(async () => {
  world = await controllerWorld()
  const controller = world.as({
    name: 'system:controller:certificate-controller',
    groups: ['system:controllers', 'system:authenticated'],
  })
  const { clock } = world
  const options = { client: controller, clock, random: seededRandom(1), log: silentLog, issuer: authority.requests }
  const running = startNodeCertificates(options)
  onTestFinished(async () => {
    await running.stop()
    await world.close()
  })
  await world.pass(100)
})

async function ask(user: User, pem: string, spec: Partial<CertificateSigningRequest['spec']> = {}) {
  const request = Buffer.from(pem).toString('base64')
  const body = { metadata: { name: 'r' }, spec: { request, signerName: kubeletClientSigner, usages, ...spec } }
  const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
  const { status, json } = await world.ask(`POST ${path}`, { user, body })
  expect(json.message ?? '').toBe('')
  expect(status).toBe(201)
  return settled()
}

/** Signing is done by the platform, in its own time. */
async function settled(): Promise<CertificateSigningRequest> {
  for (let round = 1; ; round++) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    await world.pass(100)
    const request = await world.client.get<CertificateSigningRequest>(certificateSigningRequests, { name: 'r' })
    // Whoever approved it: what comes next is a certificate, or why there is none.
    const isSigning = /^Approved: \w+$/.test(outcome(request).join())
    if (round >= (isSigning ? 200 : 5)) return request
  }
}

const outcome = ({ status }: CertificateSigningRequest) => [
  ...(status?.conditions ?? []).map(({ type, reason }) => `${type}: ${reason}`),
  ...(status?.certificate === undefined ? [] : ['Issued']),
]

function certificateOf({ status }: CertificateSigningRequest): X509Certificate {
  return new X509Certificate(Buffer.from(status!.certificate!, 'base64'))
}

describe('B7 a certificate', () => {
  test('for a newcomer: the node it is going to be, and nothing else', async () => {
    const request = await ask(newcomer, await nodeRequest('a'), { expirationSeconds: 3600 })
    expect(outcome(request)).toEqual(['Approved: AutoApproved', 'Issued'])
    const certificate = certificateOf(request)
    expect(subjectOf(certificate)).toMatchObject({ commonName: 'system:node:a', organizations: ['system:nodes'] })
    expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true)
    expect([certificate.ca, certificate.keyUsage]).toEqual([false, ['1.3.6.1.5.5.7.3.2']])
    const createdMs = parseTime(request.metadata.creationTimestamp)!
    expect(Date.parse(certificate.validTo) - createdMs).toBeLessThanOrEqual(3_610_000)
  })

  test('for a node that renews its own', async () => {
    expect(outcome(await ask(nodeA, await nodeRequest('a')))).toEqual(['Approved: AutoApproved', 'Issued'])
  })

  test('for a year at most', async () => {
    const certificate = certificateOf(await ask(newcomer, await nodeRequest('a'), { expirationSeconds: 2 ** 31 - 1 }))
    const days = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 86_400_000
    expect(Math.floor(days)).toBe(365)
  })
})

const attacks: [
  name: string,
  user: User,
  pem: () => Promise<string>,
  spec?: Partial<CertificateSigningRequest['spec']>,
][] = [
  ['a node for another', nodeA, () => nodeRequest('b')],
  ['somebody who is nobody', { ...newcomer, groups: ['system:authenticated'] }, () => nodeRequest('a')],
  ['to be master', newcomer, () => nodeRequest('a', { organizations: ['system:masters'] })],
  ['to be a node and master', newcomer, () => nodeRequest('a', { organizations: ['system:nodes', 'system:masters'] })],
  ['to be in no group', newcomer, () => nodeRequest('a', { organizations: [] })],
  ['to be the administrator', newcomer, () => nodeRequest('a', { commonNames: ['kubernetes-admin'] })],
  ['to be two', newcomer, () => nodeRequest('a', { commonNames: ['system:node:a', 'system:node:b'] })],
  ['to be a node without a name', newcomer, () => nodeRequest('')],
  ['to be a node of a strange name', newcomer, () => nodeRequest('a/../b')],
  ['to be a server, too', newcomer, () => nodeRequest('a', { dnsNames: ['kubernetes.default'] })],
  ['to serve', newcomer, () => nodeRequest('a'), { usages: [...usages, 'server auth'] }],
  ['to sign certificates', newcomer, () => nodeRequest('a'), { usages: ['cert sign'] }],
  ['somebody else’s key', newcomer, async () => tampered(await nodeRequest('a'))],
]

/** With a name that its sender did not sign. */
function tampered(pem: string): string {
  const [begin = '', ...rest] = pem.trim().split('\n')
  const end = rest.pop() ?? ''
  const der = Buffer.from(rest.join(''), 'base64')
  const at = der.indexOf('system:node:a') + 'system:node:'.length
  der[at] = 'b'.charCodeAt(0)
  return [begin, der.toString('base64'), end, ''].join('\n')
}

test.each(attacks)('B7 nobody is given: %s', async (_name, user, pem, spec) => {
  if (!user.groups.includes('system:bootstrappers') && user !== nodeA) {
    // He may not even ask; somebody who may, asks for him.
    user = { ...user, groups: [...user.groups, 'system:bootstrappers'] }
    await world.client.delete(clusterRoleBindings, { name: 'everynode:node-autoapprove-bootstrap' })
  }
  expect(outcome(await ask(user, await pem(), spec))).toEqual([])
})

test('B7 what was approved by mistake is not signed, and says why', async () => {
  await ask(newcomer, await nodeRequest('a', { organizations: ['system:masters'] }))
  await approve(world.client)
  const request = await settled()
  expect(outcome(request)).toEqual(['Approved: ByHand', 'Failed: SignerValidationFailure'])
  expect(request.status!.conditions![1]!.message).toBe('subject organization is not system:nodes')
})

test('B7 a request that is refused stays refused', async () => {
  await world.client.delete(clusterRoleBindings, { name: 'everynode:node-autoapprove-bootstrap' })
  await ask(newcomer, await nodeRequest('a'))
  await approve(world.client, 'Denied')
  expect(outcome(await settled())).toEqual(['Denied: ByHand'])
  await expect(approve(world.client)).rejects.toThrow('Approved and Denied conditions are mutually exclusive')
})

test('another signer’s requests are left to him', async () => {
  const request = await ask(newcomer, await nodeRequest('a'), { signerName: 'example.com/mine' })
  expect(outcome(request)).toEqual([])
})

async function approve(client: Client, type = 'Approved'): Promise<void> {
  const request = await client.get<CertificateSigningRequest>(certificateSigningRequests, { name: 'r' })
  const conditions = [...(request.status?.conditions ?? []), { type, status: 'True', reason: 'ByHand' }]
  const changed: CertificateSigningRequest = { ...request, status: { ...request.status, conditions } }
  await client.update(certificateSigningRequests, changed, { subresource: 'approval' })
}

test('B7 to approve, and to sign, are rights on the signer', async () => {
  await world.client.delete(clusterRoleBindings, { name: 'everynode:node-autoapprove-bootstrap' })
  await ask(newcomer, await nodeRequest('a'))
  const may = {
    verbs: ['*'],
    apiGroups: ['certificates.k8s.io'],
    resources: ['certificatesigningrequests', '*/approval', '*/status'],
  }
  await world.client.create<ClusterRole>(clusterRoles, { metadata: { name: 'annas' }, rules: [may] })
  await world.client.create<RoleBinding>(clusterRoleBindings, {
    metadata: { name: 'annas' },
    subjects: [{ kind: 'User', name: 'anna' }],
    roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: 'annas' },
  })
  const why = 'requests with signerName "kubernetes.io/kube-apiserver-client-kubelet"'
  await expect(approve(world.as(anna))).rejects.toThrow(`user not permitted to approve ${why}`)
  const request = await world.client.get<CertificateSigningRequest>(certificateSigningRequests, { name: 'r' })
  const status = { certificate: Buffer.from('mine').toString('base64') }
  await expect(
    world
      .as(anna)
      .update<CertificateSigningRequest>(certificateSigningRequests, { ...request, status }, { subresource: 'status' }),
  ).rejects.toThrow(`user not permitted to sign ${why}`)
  const signers = {
    verbs: ['approve'],
    apiGroups: ['certificates.k8s.io'],
    resources: ['signers'],
    resourceNames: ['kubernetes.io/*'],
  }
  await world.client.update<ClusterRole>(clusterRoles, { metadata: { name: 'annas' }, rules: [may, signers] })
  await approve(world.as(anna))
  expect(outcome(await settled())).toEqual(['Approved: ByHand', 'Issued'])
})

test('B7 who asks is said by the server, and what was asked never changes', async () => {
  const forged = { username: 'system:node:a', groups: ['system:masters'], uid: '1', extra: { a: ['b'] } }
  await ask(newcomer, await requestFor({ commonNames: ['x'] }), forged)
  const request = await world.client.get<CertificateSigningRequest>(certificateSigningRequests, { name: 'r' })
  expect(request.spec).toMatchObject({ username: newcomer.name, groups: newcomer.groups })
  expect(request.spec).not.toHaveProperty('uid')
  expect(request.spec).not.toHaveProperty('extra')
  for (const options of [{}, { subresource: 'status' }, { subresource: 'approval' }]) {
    const other = { ...request, metadata: { name: 'r' }, spec: { ...request.spec, username: 'root' } }
    await world.client.update<CertificateSigningRequest>(certificateSigningRequests, other, options)
  }
  const after = await world.client.get<CertificateSigningRequest>(certificateSigningRequests, { name: 'r' })
  expect(after.spec).toEqual(request.spec)
})

test('the rules of a node’s request, one by one', () => {
  const fine: RequestedCertificate = {
    commonName: 'system:node:a',
    organizations: ['system:nodes'],
    hasOtherNames: false,
    serverNames: undefined,
  }
  const request: CertificateSigningRequest = {
    metadata: {},
    spec: { request: '', signerName: '', usages: ['client auth', 'key encipherment', 'digital signature'] },
  }
  expect(whyNotNodeClient(request, fine)).toBeUndefined()
  expect(whyNotNodeClient(request, { ...fine, commonName: undefined })).toContain('common name does not begin')
  expect(whyNotNodeClient(request, { ...fine, hasOtherNames: true })).toContain('DNS, email, IP or URI names')
  expect(whyNotNodeClient({ ...request, spec: { ...request.spec, usages: ['client auth'] } }, fine)).toBe(
    'usages did not match',
  )
})

const serving = { signerName: kubeletServingSigner, usages: ['digital signature', 'server auth'] }

test('B7 a node is given what it serves its own API with, under its own name', async () => {
  const request = await ask(nodeA, await nodeRequest('a', { dnsNames: ['a'] }), serving)
  expect(outcome(request)).toEqual(['Approved: AutoApproved', 'Issued'])
  const certificate = certificateOf(request)
  expect(subjectOf(certificate)).toMatchObject({ commonName: 'system:node:a', organizations: ['system:nodes'] })
  expect([certificate.ca, certificate.keyUsage, certificate.subjectAltName]).toEqual([
    false,
    ['1.3.6.1.5.5.7.3.1'],
    'DNS:a',
  ])
})

const impostors: [name: string, user: User, pem: () => Promise<string>, usages?: string[]][] = [
  ['another node’s name', nodeA, () => nodeRequest('b', { dnsNames: ['b'] })],
  ['itself under another name', nodeA, () => nodeRequest('a', { dnsNames: ['b'] })],
  ['itself and another name', nodeA, () => nodeRequest('a', { dnsNames: ['a', 'kubernetes.default'] })],
  ['an address', nodeA, () => nodeRequest('a', { dnsNames: ['a'], ips: ['10.0.0.1'] })],
  ['a URI', nodeA, () => nodeRequest('a', { dnsNames: ['a'], uris: ['spiffe://a'] })],
  ['no name', nodeA, () => nodeRequest('a')],
  ['the API server’s name', asNode('kubernetes'), () => nodeRequest('kubernetes', { dnsNames: ['kubernetes'] })],
  ['to be a client, too', nodeA, () => nodeRequest('a', { dnsNames: ['a'] }), ['client auth', 'server auth']],
  ['a newcomer', newcomer, () => nodeRequest('a', { dnsNames: ['a'] })],
]

function asNode(name: string): User {
  return { ...nodeA, name: `system:node:${name}` }
}

test.each(impostors)('B7 nobody serves, unseen, as %s', async (_name, user, pem, usages = serving.usages) => {
  expect(outcome(await ask(user, await pem(), { ...serving, usages }))).toEqual([])
})

test('B7 an address that somebody has looked at is signed', async () => {
  await ask(nodeA, await nodeRequest('a', { dnsNames: ['a'], ips: ['10.0.0.1'] }), serving)
  await approve(world.client)
  const request = await settled()
  expect(outcome(request)).toEqual(['Approved: ByHand', 'Issued'])
  expect(certificateOf(request).subjectAltName).toBe('DNS:a, IP Address:10.0.0.1')
})

test('the rules of a node’s serving request, one by one', () => {
  const fine: RequestedCertificate = {
    commonName: 'system:node:a',
    organizations: ['system:nodes'],
    hasOtherNames: true,
    serverNames: { dns: [], ips: ['10.0.0.1'] },
  }
  const request: CertificateSigningRequest = {
    metadata: {},
    spec: { request: '', signerName: '', usages: ['server auth', 'key encipherment', 'digital signature'] },
  }
  const why = (wanted: Partial<RequestedCertificate>) => whyNotNodeServing(request, { ...fine, ...wanted })
  expect(why({})).toBeUndefined()
  expect(why({ organizations: ['system:masters'] })).toBe('subject organization is not system:nodes')
  expect(why({ hasOtherNames: false, serverNames: undefined })).toBe('DNS or IP subjectAltName is required')
  expect(why({ serverNames: undefined })).toBe('email and URI subjectAltNames are not allowed')
})
