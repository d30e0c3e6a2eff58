// Which credentials an image is pulled with. Rows from upstream's pkg/credentialprovider/keyring_test.go.
import { expect, test } from 'vitest'
import { credentialsFor, type PullSecret } from './pull-secrets.ts'

function secretFor(...places: string[]): PullSecret {
  const auths = Object.fromEntries(places.map((place) => [place, { username: `of ${place}`, password: 'p' }]))
  const text = Buffer.from(JSON.stringify({ auths })).toString('base64')
  return { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': text } }
}

const rows: [name: string, image: string, places: string[], used: string[]][] = [
  ['the registry of the image', 'reg.example/app:1', ['reg.example', 'other.example'], ['reg.example']],
  ['a scheme says nothing', 'reg.example/app:1', ['https://reg.example'], ['https://reg.example']],
  [
    'the version of the API says nothing',
    'reg.example/app:1',
    ['https://reg.example/v1/'],
    ['https://reg.example/v1/'],
  ],
  ['the longer path first', 'reg.example/a/b:1', ['reg.example', 'reg.example/a'], ['reg.example/a', 'reg.example']],
  ['another path', 'reg.example/a/b:1', ['reg.example/c'], []],
  ['a star for a part of the name', 'x.reg.example/app:1', ['*.reg.example'], ['*.reg.example']],
  ['a star for one part only', 'a.b.reg.example/app:1', ['*.reg.example'], []],
  ['no port', 'reg.example:5000/app:1', ['reg.example'], []],
  ['the same port', 'reg.example:5000/app:1', ['reg.example:5000'], ['reg.example:5000']],
  ['a dot is a dot', 'regxexample/app:1', ['reg.example'], []],
  [
    'the old name of the default registry',
    'docker.io/library/a:1',
    ['https://index.docker.io/v1/'],
    ['https://index.docker.io/v1/'],
  ],
  ['nothing fits', 'docker.io/library/a:1', ['reg.example'], []],
]

test.each(rows)('%s', (_, image, places, used) => {
  const users = credentialsFor(image, [secretFor(...places)]).map(({ username }) => username)
  expect(users).toEqual(used.map((place) => `of ${place}`))
})

test('auth is a user and a password in one, and a password may have colons', () => {
  const entry = { auth: Buffer.from('me:a:b').toString('base64') }
  const text = Buffer.from(JSON.stringify({ 'reg.example': entry })).toString('base64')
  const secret = { type: 'kubernetes.io/dockercfg', data: { '.dockercfg': text } }
  expect(credentialsFor('reg.example/a:1', [secret])).toEqual([{ username: 'me', password: 'a:b' }])
})

test('what nobody can read is passed over', () => {
  const broken: PullSecret[] = [
    {},
    { type: 'Opaque', data: { '.dockerconfigjson': 'e30=' } },
    { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': '!!' } },
    { type: 'kubernetes.io/dockerconfigjson', data: {} },
  ]
  expect(credentialsFor('reg.example/a:1', [...broken, secretFor('reg.example')])).toHaveLength(1)
})
