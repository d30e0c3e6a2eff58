import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { nodeRequest } from '../../test/certificate-requests.ts'
import { type ControllerWorld, controllerWorld } from '../../test/controller-world.ts'
import { type CertificateSigningRequest, kubeletClientSigner } from '../api/certificates.ts'
import { certificateSigningRequests } from '../api/resources.ts'
import { type Authority, openAuthority } from '../apiserver/identity/authority.ts'
import { VirtualClock } from '../base/clock.ts'
import { seededRandom } from '../base/random.ts'
import { startCsrCleaner } from './csr-cleaner.ts'

const minute = 60_000
const hour = 60 * minute

let directory: string
let authority: Authority
let request: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'everynode-csr-cleaner-'))
  authority = await openAuthority({ directory, clock: new VirtualClock(), random: seededRandom(1) })
  request = await nodeRequest('a')
})
afterAll(() => rm(directory, { recursive: true }))

async function world(): Promise<ControllerWorld> {
  const made = await controllerWorld()
  onTestFinished(() => made.close())
  made.start(startCsrCleaner)
  return made
}

type Answer = 'nothing' | 'Approved' | 'Denied'

/** A request, what was decided about it, and for how long its certificate is good. */
async function ask(w: ControllerWorld, name: string, answer: Answer, lifeMs?: number): Promise<void> {
  const asked = await w.client.create<CertificateSigningRequest>(certificateSigningRequests, {
    metadata: { name },
    spec: {
      request: Buffer.from(request).toString('base64'),
      signerName: kubeletClientSigner,
      usages: ['digital signature', 'client auth'],
    },
  })
  if (answer === 'nothing') return
  const conditions = [{ type: answer, status: 'True' as const, reason: 'R', message: 'm' }]
  const decided = await w.client.update(
    certificateSigningRequests,
    { ...asked, status: { conditions } },
    { subresource: 'approval' },
  )
  if (lifeMs === undefined) return
  const certificate = Buffer.from(await authority.requests.sign(request, 'client', lifeMs)).toString('base64')
  const status = { ...decided.status, certificate }
  await w.client.update(certificateSigningRequests, { ...decided, status }, { subresource: 'status' })
}

const table: [what: string, answer: Answer, lifeMs: number | undefined, goneAfterMs: number | 'never'][] = [
  ['nobody decided', 'nothing', undefined, 24 * hour],
  ['denied', 'Denied', undefined, hour],
  ['approved, and issued', 'Approved', 24 * hour, hour],
  ['approved, and the certificate ends sooner', 'Approved', 10 * minute, 10 * minute],
  ['approved, and not issued', 'Approved', undefined, 'never'],
]
test.each(table)('B7 a request: %s', async (_what, answer, lifeMs, goneAfterMs) => {
  const w = await world()
  await ask(w, 'r', answer, lifeMs)
  const there = async () => (await w.client.list(certificateSigningRequests)).items.length
  await w.pass((goneAfterMs === 'never' ? 48 * hour : goneAfterMs) - minute)
  expect(await there()).toBe(1)
  await w.pass(2 * minute)
  expect(await there()).toBe(goneAfterMs === 'never' ? 1 : 0)
})

test('B7 an approval starts the hour anew', async () => {
  const w = await world()
  await ask(w, 'r', 'nothing')
  await w.pass(23 * hour)
  const pending = await w.client.get<CertificateSigningRequest>(certificateSigningRequests, { name: 'r' })
  const conditions = [{ type: 'Denied', status: 'True' as const, reason: 'R', message: 'm' }]
  await w.client.update(certificateSigningRequests, { ...pending, status: { conditions } }, { subresource: 'approval' })
  await w.pass(59 * minute)
  expect((await w.client.list(certificateSigningRequests)).items).toHaveLength(1)
  await w.pass(2 * minute)
  expect((await w.client.list(certificateSigningRequests)).items).toHaveLength(0)
})
