import { expect, test } from 'vitest'
import { VirtualClock } from '../../base/clock.ts'
import { createAuthenticator, type PeerCertificate } from './authenticate.ts'

const clock = new VirtualClock()
const authenticate = createAuthenticator({
  clock,
  tokens: [
    { token: 's3cret', user: { name: 'root', groups: ['system:masters'] } },
    { token: 'other', user: { name: 'vera', groups: ['everynode:viewers', 'system:authenticated'] } },
  ],
})

const certificate: PeerCertificate = {
  trusted: true,
  commonName: 'alice',
  organizations: ['dev'],
  notBeforeMs: clock.now() - 1000,
  notAfterMs: clock.now() + 1000,
}

const alice = { name: 'alice', groups: ['dev', 'system:authenticated'] }
const root = { name: 'root', groups: ['system:masters', 'system:authenticated'] }
const vera = { name: 'vera', groups: ['everynode:viewers', 'system:authenticated'] }

test.each([
  ['nothing', undefined, undefined, 'anonymous'],
  ['a certificate', certificate, undefined, alice],
  ['a certificate of a stranger', { ...certificate, trusted: false }, undefined, 'refused'],
  ['a certificate without a name', { ...certificate, commonName: undefined }, undefined, 'refused'],
  ['a token', undefined, 'Bearer s3cret', root],
  ['another token, other spelling', undefined, 'bearer  other', vera],
  ['a wrong token', undefined, 'Bearer wrong', 'refused'],
  ['half a token', undefined, 'Bearer s3cre', 'refused'],
  ['no bearer', undefined, 'Basic cm9vdDpzM2NyZXQ=', 'refused'],
  ['an empty token', undefined, 'Bearer ', 'refused'],
  ['both: the certificate counts', certificate, 'Bearer s3cret', alice],
  ['a bad certificate and a good token', { ...certificate, trusted: false }, 'Bearer s3cret', root],
])('%s', (_name, certificate, authorization, who) => {
  expect(authenticate({ certificate, authorization })).toEqual(who)
})

test('B7 a certificate that expires while its connection lives is refused from then on', () => {
  const clock = new VirtualClock()
  const authenticate = createAuthenticator({ clock })
  const certificate = { ...{ trusted: true, commonName: 'alice', organizations: [] }, notBeforeMs: 0 }
  const credentials = { certificate: { ...certificate, notAfterMs: clock.now() + 1000 }, authorization: undefined }
  clock.advance(1000)
  expect(authenticate(credentials)).toMatchObject({ name: 'alice' })
  clock.advance(1)
  expect(authenticate(credentials)).toBe('refused')
})
