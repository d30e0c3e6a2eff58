import { createHmac } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { AuthorityError } from './authority.ts'
import { createTokenSigner, jwtLimits, newSigningKey } from './jwt.ts'
import { openTokenSigner } from './signing-key.ts'

const key = newSigningKey()
const signer = createTokenSigner(key)
const claims = { sub: 'somebody', list: [1, 'ä'] }
const token = signer.sign(claims)
const [head = '', body = '', signature = ''] = token.split('.')
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as { alg: string; kid: string }

test('what was signed is read again', () => {
  expect(signer.verify(token)).toEqual(claims)
  expect(header).toEqual({ alg: 'ES256', kid: expect.stringMatching(/^[\w-]{43}$/) })
  expect(createTokenSigner(key).verify(token)).toEqual(claims)
})

const publicKey = Buffer.from('whatever the attacker takes for the public key')
const confused = `${part({ alg: 'HS256', kid: header.kid })}.${body}`
test.each([
  ['nothing', ''],
  ['no token', 'secret'],
  ['two parts', `${head}.${body}`],
  ['four parts', `${token}.x`],
  ['no signature', `${head}.${body}.`],
  ['alg none', `${part({ alg: 'none', kid: header.kid })}.${body}.`],
  ['alg none, with a signature', `${part({ alg: 'none', kid: header.kid })}.${body}.${signature}`],
  ['signed by a text', `${confused}.${createHmac('sha256', publicKey).update(confused).digest('base64url')}`],
  ['another key id', `${part({ alg: 'ES256', kid: 'x' })}.${body}.${signature}`],
  ['other claims', `${head}.${part({ sub: 'root' })}.${signature}`],
  ['the signature of zeros (CVE-2022-21449)', `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`],
  ['another cluster’s', createTokenSigner(newSigningKey()).sign(claims)],
  ['too long', signer.sign({ much: 'x'.repeat(jwtLimits.tokenBytes) })],
])('B7 refused: %s', (_name, token) => {
  expect(signer.verify(token)).toBeUndefined()
})

test('B7 a token with any character changed is refused, and nothing that comes in is an error', () => {
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.constantFrom('A', 'b', '0', '_', '.', '%'), (at, character) => {
      const changed = token.slice(0, at) + character + token.slice(at + 1)
      const found = signer.verify(changed)
      // The last character of base64 may hold bits that mean nothing; whatever is accepted says the same.
      if (found !== undefined) expect(found).toEqual(claims)
      if (changed !== token && at < head.length + 1 + body.length) expect(found).toBeUndefined()
    }),
  )
  fc.assert(fc.property(fc.string(), (text) => signer.verify(text) === undefined))
})

test('the key is made once, and readable by its owner only', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'everynode-key-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const first = await openTokenSigner(join(directory, 'pki'))
  expect((await openTokenSigner(join(directory, 'pki'))).verify(first.sign(claims))).toEqual(claims)
  const path = join(directory, 'pki', 'sa.key')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readFile(path, 'utf8')).toContain('PRIVATE KEY')
  await writeFile(path, 'damaged')
  await expect(openTokenSigner(join(directory, 'pki'))).rejects.toThrow(AuthorityError)
})
