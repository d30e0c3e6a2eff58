// The steps of joining, each against the real thing it speaks to: requests are read by the authority that signs them, the
// certificate that is kept lives on a clock turned by hand.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ApiResponse, Send } from '../../api/wire.ts'
import { type Authority, openAuthority } from '../../apiserver/identity/authority.ts'
import { VirtualClock } from '../../base/clock.ts'
import { silentLog } from '../../base/log.ts'
import { seededRandom } from '../../base/random.ts'
import { Unreachable } from '../../client/unreachable.ts'
import type { CertificateAndKey } from './ask-certificate.ts'
import { caHashOf, readCaHash } from './ca-hash.ts'
import { nodeCertificateRequest } from './certificate-request.ts'
import { discoverAuthority } from './discover.ts'
import { JoinRefused } from './join-refused.ts'
import { KeptCertificate, renewalMs } from './kept-certificate.ts'

const hour = 3_600_000
let directory: string
let authority: Authority
const clock = new VirtualClock()
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'everynode-join-'))
  authority = await openAuthority({ directory, clock, random: seededRandom(1) })
})
afterAll(() => rm(directory, { recursive: true }))

/** What openssl says of a certificate that openssl made: `x509 -pubkey | pkey -pubin -outform der | sha256sum`. */
const byOpenssl = [
  `-----BEGIN CERTIFICATE-----
MIIBcTCCARegAwIBAgIUJITi2zHzrLg2mhpxJs+B9VG7VqcwCgYIKoZIzj0EAwIw
DTELMAkGA1UEAwwCY2EwIBcNMjYxMTI0MTc1NTEwWhgPMjEyNjEwMzExNzU1MTBa
MA0xCzAJBgNVBAMMAmNhMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE0pHH7nh/
mg7EFzK9zded1jYsmCnQGKZSvw3iD0RJvsmDs8bGO4kMqXgKIo4GrSNp5gQzeHhr
Q9TOCYyphMoBUKNTMFEwHQYDVR0OBBYEFIaz67ZbaTUIBa+Sls3w0GPypiYoMB8G
A1UdIwQYMBaAFIaz67ZbaTUIBa+Sls3w0GPypiYoMA8GA1UdEwEB/wQFMAMBAf8w
CgYIKoZIzj0EAwIDSAAwRQIhAJ6t+VSfTVNKMumoO4OeTtIIXj3B7KsplNWTcfPz
IO5mAiAlPodpNU/ULdPqCFym+1hSBbvnJ+iZzIq2YZDJC5o4fQ==
-----END CERTIFICATE-----
`,
  'sha256:e577df4e93bb3a31e33551b1ec5d8b9250e0379120eb4424d417ce5b70f654df',
] as const

test('B7 the hash of an authority is that of its public key', () => {
  expect(caHashOf(byOpenssl[0])).toBe(byOpenssl[1])
})

test('B7 a hash is read as it is typed', () => {
  const hash = caHashOf(authority.certificate)
  expect(hash).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(readCaHash(` ${hash.toUpperCase()}\n`)).toBe(hash)
  for (const text of ['', 'sha256:', hash.slice(7), hash.slice(0, -1), `${hash}0`, `sha1:${hash.slice(7)}`]) {
    expect(readCaHash(text)).toBeUndefined()
  }
})

describe('B7 a request', () => {
  test('for a client says the node and nothing else', async () => {
    expect(await authority.requests.read(nodeCertificateRequest('a', 'client').request)).toEqual({
      commonName: 'system:node:a',
      organizations: ['system:nodes'],
      hasOtherNames: false,
      serverNames: undefined,
    })
  })

  test('is well formed whatever the length of the name: the authority can read it, and the key is its own', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 253 }), fc.constantFrom('client', 'server'), async (length, use) => {
        const name = 'n'.repeat(length)
        const { request, key } = nodeCertificateRequest(name, use)
        const read = await authority.requests.read(request)
        expect(read?.commonName).toBe(`system:node:${name}`)
        expect(read?.serverNames).toEqual(use === 'server' ? { dns: [name], ips: [] } : undefined)
        expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----/)
      }),
      {
        numRuns: 25,
        examples: [
          [253, 'server'],
          [128, 'client'],
          [100, 'server'],
        ],
      },
    )
  })
})

function answering(status: number, text: string): Send {
  return async (): Promise<ApiResponse> => ({ status, headers: {}, body: { kind: 'bytes', bytes: Buffer.from(text) } })
}

describe('B7 the authority of a server that is not trusted yet', () => {
  const discover = (send: Send, hash = caHashOf(authority.certificate)) => discoverAuthority(send, hash, 'test/1')

  test('is believed by its hash, also among others', async () => {
    const leaf = (await authority.serverCertificate([])).certificate
    const text = `${leaf}${authority.certificate}`
    expect((await discover(answering(200, text))).trim()).toBe(authority.certificate.trim())
  })

  test('is refused with another hash, and the message has both', async () => {
    const other = `sha256:${'0'.repeat(64)}`
    const refused = discover(answering(200, authority.certificate), other)
    await expect(refused).rejects.toThrow(JoinRefused)
    await expect(refused).rejects.toThrow(`--ca-hash is ${other}, it has ${caHashOf(authority.certificate)}`)
  })

  test('a certificate that signs nothing is none, even with the right hash', async () => {
    const leaf = (await authority.serverCertificate([])).certificate
    await expect(discover(answering(200, leaf), caHashOf(leaf))).rejects.toThrow('it shows no authority')
  })

  test.each<[status: number, text: string, error: unknown]>([
    [200, 'hello', JoinRefused],
    [404, '404 page not found', JoinRefused],
    [503, 'not yet', Unreachable],
  ])('%s %j', async (status, text, error) => {
    await expect(discover(answering(status, text))).rejects.toThrow(error as ErrorConstructor)
  })
})

/** Real certificates for an hour from now on the clock. */
async function given(name = 'a'): Promise<CertificateAndKey> {
  const { key, request } = nodeCertificateRequest(name, 'client')
  return { certificate: await authority.requests.sign(request, 'client', hour), key }
}

/** What waits for the platform, not for the clock. */
async function turn(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 60_000) {
    clock.advance(Math.min(left, 60_000))
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

describe('B7 the certificate of a node', () => {
  const open = (path: string, ask: () => Promise<CertificateAndKey | undefined>) =>
    new KeptCertificate({
      path,
      clock,
      random: seededRandom(2),
      log: silentLog,
      fits: (found) => found.subject.includes('CN=system:node:a'),
      ask,
    })
  const never = async () => {
    throw new Error('asked')
  }

  test('is kept for its owner only, and found again', async () => {
    const path = join(directory, 'kept.pem')
    const first = await given()
    const certificate = open(path, async () => first)
    await certificate.have(new AbortController().signal)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const again = open(path, never)
    await again.load()
    await again.have(new AbortController().signal)
    expect(again.current?.key.trim()).toBe(first.key.trim())
  })

  test.each<[why: string, text: () => Promise<string>]>([
    ['half written', async () => (await given()).certificate],
    ['of another node', async () => textOf(await given('b'))],
    ['with the key of another', async () => (await given()).certificate + (await given()).key],
    ['no certificate at all', async () => 'hello'],
  ])('is asked for anew where the file is %s', async (_why, text) => {
    const path = join(directory, 'damaged.pem')
    await writeFile(path, await text())
    const fresh = await given()
    const certificate = open(path, async () => fresh)
    await certificate.load()
    expect(certificate.current).toBeUndefined()
    await certificate.have(new AbortController().signal)
    expect(await readFile(path, 'utf8')).toBe(textOf(fresh))
  })

  test('is renewed before its end, with a new key, and while nobody answers it goes on', async () => {
    const path = join(directory, 'renewed.pem')
    const stopping = new AbortController()
    const asked: number[] = []
    let away = false
    const certificate = open(path, async () => {
      asked.push(clock.now())
      if (away) throw new Unreachable('away')
      return given()
    })
    await certificate.have(stopping.signal)
    const [startMs = 0] = asked
    const first = certificate.current!
    away = true
    const keeping = certificate.keep(stopping.signal)
    await turn(0.68 * hour)
    expect(asked).toHaveLength(1)
    await turn(0.3 * hour)
    expect(certificate.current).toBe(first)
    const attempts = asked.length
    expect(attempts).toBeGreaterThan(2)
    // Backing off: a minute between two of them at the end.
    expect(attempts).toBeLessThan(40)
    expect(asked[1]! - startMs).toBeLessThanOrEqual(0.95 * hour)
    away = false
    await turn(120_000)
    expect(certificate.current?.key).not.toBe(first.key)
    stopping.abort()
    await keeping
  })

  test('that has ended is none, and who cannot get another is told', async () => {
    const path = join(directory, 'ended.pem')
    await writeFile(path, textOf(await given()))
    await turn(hour + 60_000)
    const certificate = open(path, async () => {
      throw new JoinRefused('no token')
    })
    await certificate.load()
    expect(certificate.current).toBeUndefined()
    await expect(certificate.have(new AbortController().signal)).rejects.toThrow('no token')
  })

  test('what the cluster gives for another key is not taken', async () => {
    const path = join(directory, 'strange.pem')
    const stopping = new AbortController()
    const certificate = open(path, async () => {
      stopping.abort()
      return { certificate: (await given()).certificate, key: (await given()).key }
    })
    await certificate.have(stopping.signal)
    expect(certificate.current).toBeUndefined()
    await expect(stat(path)).rejects.toThrow('ENOENT')
  })

  test('the moment of renewal lies between 70 and 90 % of a life', () => {
    const life = { notBeforeMs: 1000, notAfterMs: 2000 }
    expect([renewalMs(life, 0), renewalMs(life, 0.5), renewalMs(life, 1)]).toEqual([1700, 1800, 1900])
  })
})

function textOf({ certificate, key }: CertificateAndKey): string {
  return `${certificate.trim()}\n${key.trim()}\n`
}
