import { expect, test } from 'vitest'
import { fieldErrorText } from '../field-error.ts'
import { validateEncryptionConfiguration } from './encryption-configuration.ts'

const head = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration' }
/** 16 bytes. */
const secret = 'c2VjcmV0IGlzIHNlY3VyZQ=='
const keys = [{ name: 'key1', secret }]
const one = (entry: object) => ({
  ...head,
  resources: [{ resources: ['secrets'], providers: [{ identity: {} }], ...entry }],
})
const provider = (value: unknown) => one({ providers: [value] })
const key = (value: object) => provider({ aescbc: { keys: [value] } })
const resources = (...names: unknown[]) => one({ resources: names })

const inKey = 'resources[0].providers[0].aescbc.keys[0]'
const overlap =
  "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked"
const table: [what: string, value: unknown, errors: string[]][] = [
  ['all that there is', one({ providers: [{ aescbc: { keys } }, { aesgcm: { keys } }, { identity: {} }] }), []],
  [
    'keys of every length',
    provider({
      aesgcm: { keys: [16, 24, 32].map((n) => ({ name: `k${n}`, secret: Buffer.alloc(n).toString('base64') })) },
    }),
    [],
  ],
  ['wildcards', resources('*.', '*.apps'), []],
  ['no mapping', [], ['kind: Required value: a mapping with apiVersion apiserver.config.k8s.io/v1 is needed']],
  [
    'another kind',
    { ...head, kind: 'Secret' },
    ['kind: Unsupported value: "Secret": supported values: "EncryptionConfiguration"'],
  ],
  ['no version', { kind: head.kind }, ['apiVersion: Required value: it is apiserver.config.k8s.io/v1']],
  ['no resources', head, ['resources: Required value: at least one resources is required']],
  ['an unknown field', { ...one({}), resource: [] }, ['resource: unknown field']],
  [
    'nothing in an entry',
    { ...head, resources: [{}] },
    [
      'resources[0].resources: Required value: at least one resources[0].resources is required',
      'resources[0].providers: Required value: at least one resources[0].providers is required',
    ],
  ],
  ['no list', one({ resources: 'secrets' }), ['resources[0].resources: Invalid value: a list is needed']],
  [
    'capital letters',
    resources('Secrets'),
    ['resources[0].resources[0]: Invalid value: "Secrets": resource name should not contain capital letters'],
  ],
  [
    '*',
    resources('*'),
    [
      `resources[0].resources[0]: Invalid value: "*": use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources`,
    ],
  ],
  [
    'events of the new group',
    resources('events.events.k8s.io'),
    [
      `resources[0].resources[0]: Invalid value: "events.events.k8s.io": '*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file`,
    ],
  ],
  [
    'extensions',
    resources('daemonsets.extensions'),
    [
      `resources[0].resources[0]: Invalid value: "daemonsets.extensions": 'extensions' group has been removed and cannot be used for encryption`,
    ],
  ],
  [
    'across groups',
    resources('daemonsets.*'),
    [
      'resources[0].resources[0]: Invalid value: "daemonsets.*": encrypting the same resource across groups is not supported',
    ],
  ],
  [
    'twice',
    resources('secrets', 'secrets'),
    [
      'resources[0].resources: Invalid value: ["secrets","secrets"]: the same resource cannot be specified multiple times',
    ],
  ],
  [
    'masked by its group',
    resources('secrets', '*.'),
    [`resources[0].resources: Invalid value: ["secrets","*."]: ${overlap}`],
  ],
  [
    'masked by everything',
    resources('*.*', 'daemonsets.apps'),
    [`resources[0].resources: Invalid value: ["*.*","daemonsets.apps"]: ${overlap}`],
  ],
  [
    'no provider',
    provider({}),
    [
      'resources[0].providers[0]: Invalid value: []: provider does not contain any of the expected providers: aescbc, aesgcm, identity',
    ],
  ],
  [
    'two providers',
    provider({ aescbc: { keys }, identity: {} }),
    [
      'resources[0].providers[0]: Invalid value: ["aescbc","identity"]: more than one provider specified in a single element, should split into different list elements',
    ],
  ],
  ['an unknown provider', provider({ rot13: {} }), ['resources[0].providers[0].rot13: unknown field']],
  [
    'secretbox',
    provider({ secretbox: { keys } }),
    [
      'resources[0].providers[0].secretbox: Unsupported value: "secretbox": supported values: "aescbc", "aesgcm", "identity"',
    ],
  ],
  [
    'kms',
    provider({ kms: { name: 'k' } }),
    ['resources[0].providers[0].kms: Unsupported value: "kms": supported values: "aescbc", "aesgcm", "identity"'],
  ],
  [
    'no keys',
    provider({ aesgcm: {} }),
    ['resources[0].providers[0].aesgcm.keys: Required value: at least one keys is required'],
  ],
  [
    'a key without anything',
    key({}),
    [
      `${inKey}.name: Required value: name is a mandatory field for a key`,
      `${inKey}.secret: Required value: secret is a mandatory field for a key`,
    ],
  ],
  ['a colon in a name', key({ name: 'a:b', secret }), [`${inKey}.name: Invalid value: "a:b": must not contain ':'`]],
  [
    'not base64',
    key({ name: 'a', secret: 'not base64' }),
    [`${inKey}.secret: Invalid value: "REDACTED": secrets must be base64 encoded`],
  ],
  [
    'a short key',
    key({ name: 'a', secret: 'c2hvcnQ=' }),
    [
      `${inKey}.secret: Invalid value: "REDACTED": secret is not of the expected length, got 5, expected one of [16 24 32]`,
    ],
  ],
]
test.each(table)('B7 encryption: %s', (_what, value, errors) => {
  expect(validateEncryptionConfiguration(value).map(fieldErrorText)).toEqual(errors)
})

test('B7 whatever is wrong, nothing of a key is in a message', () => {
  const bad = [
    provider({ aescbc: { keys: [{ name: 'a', secret: 'top-secret!' }] } }),
    provider({ aescbc: { keys: 'top-secret!' } }),
    provider({ aescbc: 'top-secret!' }),
    provider('top-secret!'),
    provider({ aescbc: { keys: ['top-secret!'] } }),
    provider({ aescbc: { keys: [{ name: 'a', secret: ['top-secret!'] }] } }),
    provider({ aescbc: { keys: [{ name: 'a', secret: 'top-secret!' }] }, identity: {} }),
  ]
  for (const value of bad) {
    const told = validateEncryptionConfiguration(value).map(fieldErrorText).join('\n')
    expect(told).not.toBe('')
    expect(told).not.toContain('top-secret')
  }
})
