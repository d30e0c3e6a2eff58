// What the CRI is told to make of a pod: its sandbox and each of its containers. Pure; labels are the kubelet's, and
// one of ours, because several nodes may share one containerd.
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_sandbox.go, kuberuntime_container.go and labels.go.

import type { Container, Pod } from '../../api/types.ts'
import { podLogDirectory } from '../logs/pod-log-place.ts'
import type { Launch, NodePlace } from '../materials.ts'
import { type ContainerConfig, propagations, protocols, type SandboxConfig } from './messages.ts'
import { resourcesOf } from './resources.ts'
import { containerSecurity, type ImageUser, sandboxSecurity } from './security.ts'

export const labels = {
  podName: 'io.kubernetes.pod.name',
  podNamespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  containerName: 'io.kubernetes.container.name',
  node: 'everynode.dev/node',
} as const

export function sandboxConfigOf(pod: Pod, place: NodePlace, attempt: number): SandboxConfig {
  const { name = '', namespace = '', uid = '' } = pod.metadata
  const { hostNetwork, hostname, securityContext } = pod.spec
  const { sysctls = [] } = (securityContext ?? {}) as { sysctls?: { name: string; value: string }[] }
  return {
    metadata: { name, namespace, uid, attempt },
    hostname: hostNetwork === true ? '' : ((hostname as string | undefined) ?? name).slice(0, longestHostname),
    logDirectory: `${place.podLogs}/${podLogDirectory(pod)}`,
    portMappings: portsOf(pod),
    labels: { ...pod.metadata.labels, ...podLabels(pod, place.nodeName) },
    annotations: pod.metadata.annotations ?? {},
    linux: {
      securityContext: sandboxSecurity(pod),
      sysctls: Object.fromEntries(sysctls.map(({ name, value }) => [name, value])),
    },
  }
}

export interface ContainerFacts {
  readonly pod: Pod
  readonly container: Container
  readonly attempt: number
  readonly launch: Launch
  readonly place: NodePlace
  /** As the CRI knows it; what the pod calls it stands in the container. */
  readonly imageRef: string
  readonly imageUser: ImageUser
  readonly memoryCapacityBytes: number
}

export function containerConfigOf(facts: ContainerFacts): ContainerConfig {
  const { pod, container, attempt, launch, place } = facts
  const { name } = container
  const seccompDirectory = `${place.state}/seccomp`
  return {
    metadata: { name, attempt },
    image: { image: facts.imageRef, userSpecifiedImage: container.image },
    command: launch.command,
    args: launch.args,
    workingDir: launch.workingDir,
    envs: launch.env.map((entry) => ({ key: entry.name, value: entry.value })),
    mounts: launch.mounts.map(({ source, target, readOnly, propagation }) => ({
      hostPath: source,
      containerPath: target,
      readonly: readOnly,
      propagation: propagations[propagation],
    })),
    labels: { ...podLabels(pod, place.nodeName), [labels.containerName]: name },
    annotations: { 'io.kubernetes.container.restartCount': String(attempt) },
    logPath: `${name}/${attempt}.log`,
    stdin: container.stdin === true,
    stdinOnce: container.stdinOnce === true,
    tty: container.tty === true,
    linux: {
      resources: resourcesOf(pod, container, facts.memoryCapacityBytes),
      securityContext: containerSecurity(pod, container, { imageUser: facts.imageUser, seccompDirectory }),
    },
  }
}

export function podLabels(pod: Pod, nodeName: string): Readonly<Record<string, string>> {
  const { name = '', namespace = '', uid = '' } = pod.metadata
  return { [labels.podName]: name, [labels.podNamespace]: namespace, [labels.podUid]: uid, [labels.node]: nodeName }
}

/** Of the kernel. Upstream: util.GetNodenameForKernel, truncatePodHostnameIfNeeded. */
const longestHostname = 63

/** Without a port of the host there is nothing to forward: the network plugin passes those over. */
function portsOf(pod: Pod): NonNullable<SandboxConfig['portMappings']> {
  if (pod.spec.hostNetwork === true) return []
  return pod.spec.containers
    .flatMap(({ ports = [] }) => ports)
    .map(({ containerPort, hostPort, hostIP, protocol }) => ({
      protocol: protocols[(protocol ?? 'TCP') as keyof typeof protocols],
      containerPort,
      hostPort,
      hostIP,
    }))
}
