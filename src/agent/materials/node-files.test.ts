import { expect, test } from 'vitest'
import type { Pod, PodSpec } from '../../api/types.ts'
import { etcHosts, resolvConf } from './node-files.ts'

const pod = (spec: Partial<PodSpec>): Pod => ({
  metadata: { name: 'logger-x7', namespace: 'logs' },
  spec: { containers: [], ...spec },
})
const addresses = { podIP: '10.0.0.2', hostIP: '172.16.0.1' }
const hostAliases = [{ ip: '10.1.1.1', hostnames: ['db', 'db.local'] }]

test('a pod with an address of its own finds itself and its aliases in /etc/hosts', () => {
  expect(etcHosts(pod({ hostAliases, subdomain: 'sub' }), addresses, '127.0.0.1 machine\n')).toBe(
    [
      '# Kubernetes-managed hosts file.',
      '127.0.0.1\tlocalhost',
      '::1\tlocalhost ip6-localhost ip6-loopback',
      'fe00::0\tip6-localnet',
      'fe00::0\tip6-mcastprefix',
      'fe00::1\tip6-allnodes',
      'fe00::2\tip6-allrouters',
      '10.0.0.2\tlogger-x7.sub.logs.svc.cluster.local\tlogger-x7',
      '',
      '# Entries added by HostAliases.',
      '10.1.1.1\tdb\tdb.local',
      '',
    ].join('\n'),
  )
})

test('a pod in the network of its node has the /etc/hosts of its node', () => {
  const expected = '# Kubernetes-managed hosts file (host network).\n127.0.0.1 machine\n'
  expect(etcHosts(pod({ hostNetwork: true }), addresses, '127.0.0.1 machine\n')).toBe(expected)
  expect(etcHosts(pod({}), { ...addresses, podIP: addresses.hostIP }, '127.0.0.1 machine\n')).toBe(expected)
})

const machine =
  '# generated\nsearch old.example\nnameserver 10.9.9.9\nnameserver 10.9.9.8\nsearch corp.example .\noptions edns0 ndots:1\n'

test.each([
  [
    { dnsPolicy: 'ClusterFirst' },
    'nameserver 10.9.9.9\nnameserver 10.9.9.8\nsearch corp.example\noptions edns0 ndots:1\n',
  ],
  [
    {
      dnsPolicy: 'Default',
      dnsConfig: {
        nameservers: ['1.1.1.1', '10.9.9.9', '8.8.8.8'],
        searches: ['corp.example', 'logs.example'],
        options: [{ name: 'ndots', value: '5' }, { name: 'rotate' }],
      },
    },
    'nameserver 10.9.9.9\nnameserver 10.9.9.8\nnameserver 1.1.1.1\nsearch corp.example logs.example\noptions edns0 ndots:5 rotate\n',
  ],
  [{ dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'] } }, 'nameserver 1.1.1.1\n'],
])('the resolv.conf of %j', (spec, expected) => {
  expect(resolvConf(pod(spec), machine)).toBe(expected)
})
