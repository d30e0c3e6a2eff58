import { expect, test } from 'vitest'
import type { ContainerEnd } from '../../api/session.ts'
import { endBytes } from './end-status.ts'

const text = (protocol: string, end: ContainerEnd) => Buffer.from(endBytes(protocol, end)).toString()

const success = { metadata: {}, status: 'Success' }
const seven = {
  metadata: {},
  status: 'Failure',
  message: 'command terminated with non-zero exit code: exit status 7',
  reason: 'NonZeroExitCode',
  details: { causes: [{ reason: 'ExitCode', message: '7' }] },
}
const failure = {
  metadata: {},
  status: 'Failure',
  message: 'Internal error occurred: error executing command in container: no such thing',
  reason: 'InternalError',
  details: { causes: [{ message: 'error executing command in container: no such thing' }] },
  code: 500,
}
const ends: [name: string, end: ContainerEnd, status: { readonly status: string; readonly message?: string }][] = [
  ['exit code 0', { ended: 'exit', exitCode: 0 }, success],
  ['exit code 7', { ended: 'exit', exitCode: 7 }, seven],
  ['a failure', { ended: 'failure', message: 'no such thing' }, failure],
]
test.each(
  ends,
)('W12.6 %s: a Status from the fourth protocol on, before that a text or nothing', (_name, end, status) => {
  for (const protocol of ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io']) {
    expect(JSON.parse(text(protocol, end))).toEqual(status)
  }
  for (const protocol of ['v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io', 'base64.channel.k8s.io', '']) {
    expect(text(protocol, end)).toBe(status.message ?? '')
  }
})
