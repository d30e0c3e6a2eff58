// securityContext of pod and container as the CRI has it: rows of one field each, and who must not start.
import { expect, test } from 'vitest'
import type { Container, Pod } from '../../api/types.ts'
import { namespaceModes, profileTypes } from './messages.ts'
import { containerSecurity, type ImageUser, rootProblem, sandboxSecurity } from './security.ts'

const { pod: ofPod, container: own, node } = namespaceModes
const silent: ImageUser = { uid: undefined, username: '' }

function podWith(podContext: object, context: object, more: object = {}): [Pod, Container] {
  const container = { name: 'main', securityContext: context }
  const metadata = { name: 'a', namespace: 'b', uid: 'u' }
  const spec = { containers: [container], securityContext: podContext, ...more }
  return [{ apiVersion: 'v1', kind: 'Pod', metadata, spec }, container]
}

const rows: [name: string, podContext: object, context: object, more: object, told: object][] = [
  ['nothing said', {}, {}, {}, { seccomp: { profileType: profileTypes.Unconfined }, noNewPrivs: false }],
  ['the pod’s user', { runAsUser: 5, runAsGroup: 6 }, {}, {}, { runAsUser: { value: 5 }, runAsGroup: { value: 6 } }],
  ['the container’s user', { runAsUser: 5 }, { runAsUser: 0 }, {}, { runAsUser: { value: 0 } }],
  ['groups', { fsGroup: 7, supplementalGroups: [8] }, {}, {}, { supplementalGroups: [7, 8] }],
  ['privileged', {}, { privileged: true }, {}, { privileged: true }],
  [
    'capabilities',
    {},
    { capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] } },
    {},
    { capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] } },
  ],
  ['a read-only root', {}, { readOnlyRootFilesystem: true }, {}, { readonlyRootfs: true }],
  ['no new privileges', {}, { allowPrivilegeEscalation: false }, {}, { noNewPrivs: true }],
  [
    'the pod’s seccomp',
    { seccompProfile: { type: 'RuntimeDefault' } },
    {},
    {},
    { seccomp: { profileType: profileTypes.RuntimeDefault } },
  ],
  [
    'a seccomp profile of the node',
    {},
    { seccompProfile: { type: 'Localhost', localhostProfile: 'a.json' } },
    {},
    { seccomp: { profileType: profileTypes.Localhost, localhostRef: '/state/seccomp/a.json' } },
  ],
  ['own namespaces', {}, {}, {}, { namespaceOptions: { network: ofPod, pid: own, ipc: ofPod } }],
  [
    'the node’s namespaces',
    {},
    {},
    { hostNetwork: true, hostPID: true, hostIPC: true },
    { namespaceOptions: { network: node, pid: node, ipc: node } },
  ],
  [
    'processes in sight of each other',
    {},
    {},
    { shareProcessNamespace: true },
    { namespaceOptions: { network: ofPod, pid: ofPod, ipc: ofPod } },
  ],
]

test.each(rows)('%s', (_, podContext, context, more, told) => {
  const [pod, container] = podWith(podContext, context, more)
  expect(containerSecurity(pod, container, { imageUser: silent, seccompDirectory: '/state/seccomp' })).toMatchObject(
    told,
  )
})

test('without a user of the pod, the image’s', () => {
  const [pod, container] = podWith({}, {})
  const facts = (imageUser: ImageUser) => ({ imageUser, seccompDirectory: '/s' })
  expect(containerSecurity(pod, container, facts({ uid: 33, username: '' })).runAsUser).toEqual({ value: 33 })
  expect(containerSecurity(pod, container, facts({ uid: undefined, username: 'www' })).runAsUsername).toBe('www')
})

test('/proc is masked, unless somebody wants it as it is', () => {
  const facts = { imageUser: silent, seccompDirectory: '/s' }
  expect(containerSecurity(...podWith({}, {}), facts).maskedPaths).toContain('/proc/kcore')
  expect(containerSecurity(...podWith({}, { procMount: 'Unmasked' }), facts).maskedPaths).toBeUndefined()
})

test('a sandbox with a privileged container is privileged', () => {
  expect(sandboxSecurity(podWith({}, { privileged: true })[0]).privileged).toBe(true)
  expect(sandboxSecurity(podWith({}, {})[0]).privileged).toBe(false)
})

const roots: [context: object, image: ImageUser, problem: string | undefined][] = [
  [{}, { uid: 0, username: '' }, undefined],
  [{ runAsNonRoot: true }, { uid: 5, username: '' }, undefined],
  [{ runAsNonRoot: true, runAsUser: 5 }, { uid: 0, username: '' }, undefined],
  [
    { runAsNonRoot: true, runAsUser: 0 },
    silent,
    'container\'s runAsUser breaks non-root policy (pod: "a_b(u)", container: main)',
  ],
  [
    { runAsNonRoot: true },
    { uid: 0, username: '' },
    'container has runAsNonRoot and image will run as root (pod: "a_b(u)", container: main)',
  ],
  [
    { runAsNonRoot: true },
    { uid: undefined, username: 'www' },
    'container has runAsNonRoot and image has non-numeric user (www), cannot verify user is non-root (pod: "a_b(u)", container: main)',
  ],
]

test.each(roots)('%j with the image’s %j', (context, image, problem) => {
  expect(rootProblem(...podWith({}, context), image)).toBe(problem)
  expect(rootProblem(...podWith(context, {}), image)).toBe(problem)
})
