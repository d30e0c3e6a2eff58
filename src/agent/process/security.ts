// Who a container is on the machine: user, groups, capabilities, as its securityContext asks. What this machine or this
// agent cannot give is refused with the reason and the cure; nothing that was asked for is left out in silence.
// Upstream: pkg/securitycontext/util.go, DetermineEffectiveSecurityContext, and kuberuntime/security_context.go.

import type { Container, Pod } from '../../api/types.ts'
import { RuntimeRefusal } from '../runtime.ts'

/** What the agent itself is and has. */
export interface Machine {
  readonly uid: number
  readonly gid: number
  /** Programs that were found, by their whole path. */
  readonly bwrap: string | undefined
  readonly setpriv: string | undefined
}

export interface Identity {
  readonly uid: number
  readonly gid: number
  readonly groups: readonly number[]
  /** Without `CAP_`. `ALL` may be followed by those that are not meant: `-KILL`. */
  readonly capabilities: readonly string[]
  readonly privileged: boolean
  readonly readOnlyRoot: boolean
  readonly noNewPrivileges: boolean
  /** There are capabilities to be taken away. */
  readonly isAgentRoot: boolean
  /** Differs from what the agent is: `setpriv` has to change it. */
  readonly isOther: boolean
}

interface SecurityContext {
  readonly privileged?: boolean
  readonly runAsUser?: number
  readonly runAsGroup?: number
  readonly runAsNonRoot?: boolean
  readonly readOnlyRootFilesystem?: boolean
  readonly allowPrivilegeEscalation?: boolean
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] }
  readonly fsGroup?: number
  readonly supplementalGroups?: readonly number[]
}

/** What a container of root has by default. Upstream: containerd's pkg/oci/spec.go, defaultUnixCaps. */
export const defaultCapabilities: readonly string[] = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'NET_RAW',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]

export function identityFor(pod: Pod, container: Container, machine: Machine): Identity {
  const own = (container.securityContext ?? {}) as SecurityContext
  const shared = (pod.spec.securityContext ?? {}) as SecurityContext
  const user = own.runAsUser ?? shared.runAsUser
  const uid = user ?? machine.uid
  const gid = own.runAsGroup ?? shared.runAsGroup ?? (user === undefined || user === machine.uid ? machine.gid : 0)
  const groups = [
    ...new Set([...(shared.supplementalGroups ?? []), ...(shared.fsGroup === undefined ? [] : [shared.fsGroup])]),
  ]
  const isRoot = machine.uid === 0
  const privileged = own.privileged === true
  if ((own.runAsNonRoot ?? shared.runAsNonRoot) === true && uid === 0) {
    const where = `(pod: "${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})", container: ${container.name})`
    const isSaid = user !== undefined
    const why = isSaid
      ? `container's runAsUser breaks non-root policy ${where}`
      : `container has runAsNonRoot and the agent runs as root: set securityContext.runAsUser ${where}`
    throw new RuntimeRefusal('CreateContainerConfigError', why)
  }
  const isOther = uid !== machine.uid || gid !== machine.gid || groups.length > 0
  if (!isRoot) {
    if (isOther) throw needsRoot(`runs as user ${uid}, group ${[gid, ...groups].join(', ')}`)
    if (privileged) throw needsRoot('is privileged')
    const added = own.capabilities?.add ?? []
    if (added.length > 0) throw needsRoot(`adds capabilities (${added.join(', ')})`)
  }
  if (isOther && machine.setpriv === undefined) {
    const cure = 'install setpriv (Debian: apt-get install util-linux)'
    throw new RuntimeRefusal('CreateContainerError', `the container runs as user ${uid}, group ${gid}: ${cure}`)
  }
  return {
    uid,
    gid,
    groups,
    capabilities: isRoot ? capabilitiesOf(own, privileged) : [],
    privileged,
    readOnlyRoot: own.readOnlyRootFilesystem === true,
    noNewPrivileges: own.allowPrivilegeEscalation === false,
    isAgentRoot: isRoot,
    isOther,
  }
}

/** Of what somebody else than the agent has to open. */
export function ownerOf({ uid, gid, isOther }: Identity): { readonly uid: number; readonly gid: number } | undefined {
  return isOther ? { uid, gid } : undefined
}

function needsRoot(what: string): RuntimeRefusal {
  return new RuntimeRefusal(
    'CreateContainerError',
    `the container ${what}, and the agent is not root: start the agent as root, or take it out of the securityContext`,
  )
}

/** `ALL` in either list is all of them; what is dropped by name goes even if all are added. Upstream: SecurityContext of CRI. */
function capabilitiesOf({ capabilities = {} }: SecurityContext, privileged: boolean): readonly string[] {
  if (privileged) return ['ALL']
  const plain = (names: readonly string[] = []) => names.map((name) => name.toUpperCase().replace(/^CAP_/, ''))
  const add = plain(capabilities.add)
  const drop = plain(capabilities.drop)
  if (add.includes('ALL')) return ['ALL', ...drop.filter((name) => name !== 'ALL').map((name) => `-${name}`)]
  const base = drop.includes('ALL') ? [] : defaultCapabilities
  const all = new Set([...base.filter((name) => !drop.includes(name)), ...add])
  return [...all].sort()
}

/** What stands before the command where it is to be somebody else than the agent. */
export function privilegePrefix(identity: Identity, setpriv: string | undefined, mode: 'sandbox' | 'plain'): string[] {
  const { uid, gid, groups, capabilities, isAgentRoot, isOther, noNewPrivileges } = identity
  const options: string[] = []
  if (isOther) {
    options.push('--reuid', String(uid), '--regid', String(gid))
    options.push(...(groups.length === 0 ? ['--clear-groups'] : ['--groups', groups.join(',')]))
  }
  if (mode === 'plain' && setpriv !== undefined) {
    const bounds = isAgentRoot ? boundsOf(capabilities.map((name) => name.toLowerCase())) : ''
    if (bounds !== '') options.push('--bounding-set', bounds)
    if (noNewPrivileges) options.push('--no-new-privs')
  }
  return options.length === 0 ? [] : [setpriv!, ...options, '--']
}

/** As setpriv is told them. */
function boundsOf([first, ...others]: readonly string[]): string {
  if (first === 'all') return others.join(',')
  return ['-all', ...[first, ...others].flatMap((name) => (name === undefined ? [] : `+${name}`))].join(',')
}

/** For bwrap, which drops what it is not told to keep. */
export function capabilityOptions({ capabilities, isOther }: Identity, agentUid: number): string[] {
  // Nobody else than root has any to give.
  if (agentUid !== 0) return []
  if (capabilities[0] === 'ALL')
    return capabilities.slice(1).flatMap((name) => ['--cap-drop', `CAP${name.replace('-', '_')}`])
  // Changing to somebody else takes these three; the change itself then takes all away.
  const needed = isOther ? [...new Set([...capabilities, 'SETUID', 'SETGID', 'SETPCAP'])] : capabilities
  return ['--cap-drop', 'ALL', ...needed.flatMap((name) => ['--cap-add', `CAP_${name}`])]
}
