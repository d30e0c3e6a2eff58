// Who one is and what one may do, asked with the real kubectl over TLS: roles, service account tokens, acting as
// somebody else, and a machine that joins with a token and leaves with a certificate.
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { nodeRequest } from './certificate-requests.ts'
import { kubectl, needsKubectl, openCluster, type Shell } from './shell.ts'

let shell: Shell
beforeAll(async () => {
  if (kubectl !== undefined) shell = await openCluster('--nodes 1')
})
afterAll(() => shell?.close())
beforeEach(needsKubectl)

/** kubectl with these credentials and no others; flags stand last, as the command may be a plugin's. */
async function asToken(command: string, token: string): Promise<string> {
  const server = await shell.ok("kubectl config view -o jsonpath='{.clusters[0].cluster.server}'")
  const ca = join(shell.home, 'data/pki/ca.crt')
  return `kubectl ${command} --kubeconfig=/dev/null --server=${server} --certificate-authority=${ca} --token=${token}`
}

test('W12.10 whoami, and the same for somebody else', async () => {
  expect(await shell.ok('kubectl auth whoami -o json')).toContain('"username": "kubernetes-admin"')
  const other = JSON.parse(await shell.ok('kubectl auth whoami -o json --as bob --as-group dev --as-group "a, b"'))
  expect(other.status.userInfo).toEqual({ username: 'bob', groups: ['dev', 'a, b', 'system:authenticated'] })
})

test('B7 roles are given and taken with kubectl', async () => {
  const canI = async (line: string) => (await shell.run(`kubectl auth can-i ${line} --as vera`)).out.trim()
  expect(await canI('list pods -n default')).toBe('no')
  await shell.ok('kubectl create rolebinding veras --clusterrole=view --user=vera -n default')
  expect([
    await canI('list pods -n default'),
    await canI('list pods -A'),
    await canI('get secrets -n default'),
  ]).toEqual(['yes', 'no', 'no'])
  await shell.ok('kubectl create clusterrole widgets --verb=get --resource=nodes')
  const refused = await shell.run(
    'kubectl create clusterrolebinding mine --clusterrole=cluster-admin --user=vera --as vera',
  )
  expect(refused.err).toContain('clusterrolebindings.rbac.authorization.k8s.io is forbidden: User "vera" cannot create')
  await shell.ok('kubectl delete rolebinding veras -n default')
  expect(await canI('list pods -n default')).toBe('no')
})

test('W12.9 the token of a service account is as good as its rights', async () => {
  await shell.ok('kubectl create serviceaccount reader')
  await shell.ok('kubectl create rolebinding readers --clusterrole=view --serviceaccount=default:reader')
  const token = (await shell.ok('kubectl create token reader --duration 10m')).trim()
  expect(await shell.ok(await asToken('auth whoami', token))).toContain('system:serviceaccount:default:reader')
  expect(await shell.ok(await asToken('get daemonsets -n default', token))).toBe('')
  expect((await shell.run(await asToken('get secrets -n default', token))).err).toContain(
    'User "system:serviceaccount:default:reader" cannot list resource "secrets"',
  )
  await shell.ok('kubectl delete serviceaccount reader')
  expect((await shell.run(await asToken('get pods -n default', token))).err).toContain('Unauthorized')
})

test('B7 a machine joins: a token for a request, a request for a certificate', async () => {
  const expiration = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z/, 'Z')
  const literals = {
    'token-id': 'abcdef',
    'token-secret': '0123456789abcdef',
    'usage-bootstrap-authentication': 'true',
    expiration,
  }
  const flags = Object.entries(literals).map(([key, value]) => `--from-literal=${key}=${value}`)
  await shell.ok(
    `kubectl -n kube-system create secret generic bootstrap-token-abcdef --type=bootstrap.kubernetes.io/token ${flags.join(' ')}`,
  )
  const token = 'abcdef.0123456789abcdef'
  expect((await shell.run(await asToken('get nodes', token))).err).toContain(
    'User "system:bootstrap:abcdef" cannot list',
  )
  const request = {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'joins' },
    spec: {
      request: Buffer.from(await nodeRequest('joins')).toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
      usages: ['digital signature', 'client auth'],
    },
  }
  await shell.ok(await asToken('create -f -', token), JSON.stringify(request))
  await shell.until('kubectl get csr joins', (out) => out.includes('Approved,Issued'))
  const certificate = await shell.ok("kubectl get csr joins -o jsonpath='{.status.certificate}' | base64 -d")
  const authority = new X509Certificate(readFileSync(join(shell.home, 'data/pki/ca.crt')))
  expect(new X509Certificate(certificate).verify(authority.publicKey)).toBe(true)
})
