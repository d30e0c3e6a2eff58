import { X509Certificate } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { VirtualClock } from '../../base/clock.ts'
import { seededRandom } from '../../base/random.ts'
import { AuthorityError, certificateLife, openAuthority } from './authority.ts'
import { subjectOf } from './subject.ts'

let directory: string
let clock: VirtualClock
const random = seededRandom(7)
const admin = { user: 'admin', groups: ['system:masters'] }

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'everynode-pki-')), 'pki')
  clock = new VirtualClock()
})
afterEach(() => rm(join(directory, '..'), { recursive: true, force: true }))

const open = () => openAuthority({ directory, clock, random })

test('made once, then found again with all it had signed', async () => {
  const first = await open()
  const server = await first.serverCertificate(['127.0.0.1'])
  const client = await first.clientCertificate(admin, 'admin')
  const again = await open()
  expect(again.certificate).toBe(first.certificate)
  expect(await again.serverCertificate(['127.0.0.1'])).toEqual(server)
  expect(await again.clientCertificate(admin, 'admin')).toEqual(client)
  expect((await readdir(directory)).sort()).toEqual(
    ['admin.crt', 'admin.key', 'ca.crt', 'ca.key', 'server.crt', 'server.key'].sort(),
  )
})

test('B7 only the owner can read the folder and its files', async () => {
  await (await open()).serverCertificate([])
  for (const name of await readdir(directory)) {
    expect((await stat(join(directory, name))).mode & 0o777, name).toBe(0o600)
  }
  await chmod(directory, 0o755)
  await (await open()).clientCertificate(admin, 'admin')
  expect((await stat(directory)).mode & 0o777).toBe(0o700)
})

test('each certificate is for one purpose only, and signed by the authority', async () => {
  const authority = await open()
  const ca = new X509Certificate(authority.certificate)
  const server = new X509Certificate((await authority.serverCertificate(['10.1.2.3', 'box'])).certificate)
  const client = new X509Certificate((await authority.clientCertificate(admin)).certificate)
  expect([ca.ca, server.ca, client.ca]).toEqual([true, false, false])
  expect([server.keyUsage, client.keyUsage]).toEqual([['1.3.6.1.5.5.7.3.1'], ['1.3.6.1.5.5.7.3.2']])
  for (const leaf of [server, client]) {
    expect(leaf.checkIssued(ca)).toBe(true)
    expect(leaf.verify(ca.publicKey)).toBe(true)
    expect(leaf.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
  }
  for (const host of ['box', 'localhost', 'kubernetes.default.svc']) expect(server.checkHost(host)).toBe(host)
  for (const ip of ['10.1.2.3', '127.0.0.1', '::1']) expect(server.checkIP(ip)).toBe(ip)
  expect(server.checkHost('elsewhere')).toBeUndefined()
})

test('the server certificate is renewed for new names and near its end, not before', async () => {
  const authority = await open()
  const first = await authority.serverCertificate(['box'])
  expect(await authority.serverCertificate(['box', 'localhost'])).toEqual(first)
  expect(await authority.serverCertificate(['box', 'fe80::1'])).not.toEqual(first)
  const second = await authority.serverCertificate(['box'])
  clock.advance(certificateLife.leafMs - certificateLife.renewMs - 1)
  expect(await authority.serverCertificate(['box'])).toEqual(second)
  clock.advance(1000)
  expect(await authority.serverCertificate(['box'])).not.toEqual(second)
})

test('a kept client certificate is renewed when it should say somebody else', async () => {
  const authority = await open()
  const first = await authority.clientCertificate(admin, 'admin')
  const other = await authority.clientCertificate({ ...admin, groups: ['everynode:viewers'] }, 'admin')
  expect(other).not.toEqual(first)
  expect(subjectOf(new X509Certificate(other.certificate)).organizations).toEqual(['everynode:viewers'])
})

test('what a crash or a stranger left half done is made anew', async () => {
  const authority = await open()
  const first = await authority.serverCertificate([])
  await rm(join(directory, 'server.crt'))
  const second = await authority.serverCertificate([])
  expect(second).not.toEqual(first)
  await writeFile(join(directory, 'server.key'), first.key)
  expect(await authority.serverCertificate([])).not.toEqual(second)
  await writeFile(join(directory, 'server.crt'), 'nonsense')
  expect(new X509Certificate((await authority.serverCertificate([])).certificate).ca).toBe(false)
})

test('an authority is never replaced in silence', async () => {
  await open()
  const key = await readFile(join(directory, 'ca.key'))
  await writeFile(join(directory, 'ca.key'), 'nonsense')
  await expect(open()).rejects.toThrow(AuthorityError)
  await expect(open()).rejects.toThrow(/ca\.crt and ca\.key are no certificate and its key\. Restore both/)
  await writeFile(join(directory, 'ca.key'), key)
  await (await open()).serverCertificate([])
  await rm(join(directory, 'ca.crt'))
  await expect(open()).rejects.toThrow(/ca\.crt or ca\.key is missing, ca\.key, server\.crt, server\.key are there/)
})

test('a crash between the two files of a new authority costs nothing', async () => {
  await open()
  await rm(join(directory, 'ca.crt'))
  expect(new X509Certificate((await open()).certificate).ca).toBe(true)
})

test('an authority that expired says so', async () => {
  await open()
  clock.advance(certificateLife.authorityMs + 1000)
  await expect(open()).rejects.toThrow(/ca\.crt expired on/)
})

test('B7 whatever characters a name has, the certificate says exactly that name', async () => {
  const authority = await open()
  const text = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }).filter((text) => !text.includes('\0'))
  await fc.assert(
    fc.asyncProperty(text, fc.array(text, { maxLength: 3 }), async (user, groups) => {
      const { certificate } = await authority.clientCertificate({ user, groups })
      expect(subjectOf(new X509Certificate(certificate))).toMatchObject({ commonName: user, organizations: groups })
    }),
    { numRuns: 30, examples: [['"admin"', ['a,O=system:masters', '#0500', 'a\nO=b']]] },
  )
})
