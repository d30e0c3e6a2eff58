// A pod's and a container's securityContext as the CRI has it: who runs, with which rights, in which namespaces. Pure.
// Upstream: pkg/kubelet/kuberuntime/security_context.go, pkg/securitycontext/util.go and kuberuntime/util.

import type { Container, Pod } from '../../api/types.ts'
import { podId } from '../pod-plan.ts'
import {
  type ContainerSecurity,
  type NamespaceOption,
  namespaceModes,
  profileTypes,
  type SandboxSecurity,
  type SecurityProfile,
  supplementalGroupsPolicies,
} from './messages.ts'

/** What an image says of its user: a number or a name; neither where it says nothing. */
export interface ImageUser {
  readonly uid: number | undefined
  readonly username: string
}

export interface SecurityFacts {
  readonly imageUser: ImageUser
  /** Where `localhostProfile` of seccomp lies: `STATE/seccomp`. */
  readonly seccompDirectory: string
}

export function containerSecurity(pod: Pod, container: Container, facts: SecurityFacts): ContainerSecurity {
  const { imageUser, seccompDirectory } = facts
  const own = contextOf(container)
  const { runAsUser, runAsGroup, seLinuxOptions } = { ...givenOf(podContextOf(pod)), ...givenOf(own) }
  const { capabilities } = own
  return {
    capabilities: capabilities === undefined ? undefined : { add: capabilities.add, drop: capabilities.drop },
    privileged: own.privileged,
    namespaceOptions: namespacesOf(pod),
    seLinuxOptions,
    ...userOf(runAsUser, imageUser),
    runAsGroup: wrapped(runAsGroup),
    readonlyRootfs: own.readOnlyRootFilesystem,
    ...groupsOf(pod),
    noNewPrivs: own.allowPrivilegeEscalation === false,
    // Unmasked: as the machine has them.
    ...(own.procMount === 'Unmasked' ? {} : { maskedPaths, readonlyPaths }),
    seccomp: seccompOf(own.seccompProfile ?? podContextOf(pod).seccompProfile, seccompDirectory),
    apparmor: appArmorOf(own.appArmorProfile ?? podContextOf(pod).appArmorProfile),
  }
}

export function sandboxSecurity(pod: Pod): SandboxSecurity {
  const { runAsUser, runAsGroup, seLinuxOptions } = podContextOf(pod)
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
  return {
    namespaceOptions: namespacesOf(pod),
    seLinuxOptions,
    runAsUser: wrapped(runAsUser),
    runAsGroup: wrapped(runAsGroup),
    ...groupsOf(pod),
    privileged: containers.some((container) => contextOf(container).privileged === true),
    // The sandbox needs nothing that the runtime's own profile forbids.
    seccomp: { profileType: profileTypes.RuntimeDefault },
  }
}

/** Why a container must not start as whom it would; undefined where it may. Upstream: verifyRunAsNonRoot. */
export function rootProblem(pod: Pod, container: Container, { uid, username }: ImageUser): string | undefined {
  const { runAsNonRoot, runAsUser } = { ...givenOf(podContextOf(pod)), ...givenOf(contextOf(container)) }
  if (runAsNonRoot !== true) return undefined
  const where = `(pod: "${podId({ pod })}", container: ${container.name})`
  if (runAsUser !== undefined) {
    return runAsUser === 0 ? `container's runAsUser breaks non-root policy ${where}` : undefined
  }
  if (uid === 0) return `container has runAsNonRoot and image will run as root ${where}`
  if (uid === undefined && username !== '') {
    const why = 'cannot verify user is non-root'
    return `container has runAsNonRoot and image has non-numeric user (${username}), ${why} ${where}`
  }
  return undefined
}

interface Context {
  readonly runAsUser?: number
  readonly runAsGroup?: number
  readonly runAsNonRoot?: boolean
  readonly seLinuxOptions?: Readonly<Record<'user' | 'role' | 'type' | 'level', string | undefined>>
  readonly seccompProfile?: Profile
  readonly appArmorProfile?: Profile
}

interface PodContext extends Context {
  readonly fsGroup?: number
  readonly supplementalGroups?: readonly number[]
  readonly supplementalGroupsPolicy?: string
}

interface ContainerContext extends Context {
  readonly privileged?: boolean
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] }
  readonly readOnlyRootFilesystem?: boolean
  readonly allowPrivilegeEscalation?: boolean
  readonly procMount?: string
}

interface Profile {
  readonly type?: string
  readonly localhostProfile?: string
}

function podContextOf({ spec }: Pod): PodContext {
  return (spec.securityContext ?? {}) as PodContext
}

function contextOf(container: Container): ContainerContext {
  return (container.securityContext ?? {}) as ContainerContext
}

/** What a container says is stronger than what its pod says. */
function givenOf({ runAsUser, runAsGroup, runAsNonRoot, seLinuxOptions }: Context): Context {
  return {
    ...(runAsUser === undefined ? {} : { runAsUser }),
    ...(runAsGroup === undefined ? {} : { runAsGroup }),
    ...(runAsNonRoot === undefined ? {} : { runAsNonRoot }),
    ...(seLinuxOptions === undefined ? {} : { seLinuxOptions }),
  }
}

function userOf(runAsUser: number | undefined, { uid, username }: ImageUser): ContainerSecurity {
  if (runAsUser !== undefined) return { runAsUser: wrapped(runAsUser) }
  return { runAsUser: wrapped(uid), runAsUsername: username }
}

function wrapped(value: number | undefined): { readonly value: number } | undefined {
  return value === undefined ? undefined : { value }
}

function namespacesOf({ spec }: Pod): NamespaceOption {
  const { pod, container, node } = namespaceModes
  const shared = spec.shareProcessNamespace === true ? pod : container
  return {
    network: spec.hostNetwork === true ? node : pod,
    pid: spec.hostPID === true ? node : shared,
    ipc: spec.hostIPC === true ? node : pod,
  }
}

function groupsOf(pod: Pod): {
  readonly supplementalGroups: readonly number[]
  readonly supplementalGroupsPolicy: number
} {
  const { fsGroup, supplementalGroups = [], supplementalGroupsPolicy } = podContextOf(pod)
  return {
    supplementalGroups: [...(fsGroup === undefined ? [] : [fsGroup]), ...supplementalGroups],
    supplementalGroupsPolicy:
      supplementalGroupsPolicy === 'Strict' ? supplementalGroupsPolicies.Strict : supplementalGroupsPolicies.Merge,
  }
}

/** Without one: unconfined, as a kubelet without `seccompDefault`. Upstream: helpers.go, getSeccompProfile. */
function seccompOf(profile: Profile | undefined, directory: string): SecurityProfile {
  switch (profile?.type) {
    case 'RuntimeDefault':
      return { profileType: profileTypes.RuntimeDefault }
    case 'Localhost':
      return { profileType: profileTypes.Localhost, localhostRef: `${directory}/${profile.localhostProfile ?? ''}` }
    default:
      return { profileType: profileTypes.Unconfined }
  }
}

/** Without one: the runtime decides. Upstream: helpers.go, getAppArmorProfile. */
function appArmorOf(profile: Profile | undefined): SecurityProfile | undefined {
  switch (profile?.type) {
    case 'RuntimeDefault':
      return { profileType: profileTypes.RuntimeDefault }
    case 'Localhost':
      return { profileType: profileTypes.Localhost, localhostRef: profile.localhostProfile }
    case 'Unconfined':
      return { profileType: profileTypes.Unconfined }
    default:
      return undefined
  }
}

/** Upstream: pkg/securitycontext/util.go, defaultMaskedPaths; those of single processors are left to the runtime. */
const maskedPaths = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
]
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']
