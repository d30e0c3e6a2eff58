// The messages of the CRI, as much of them as is sent or read here: names and numbers are facts of its wire format.
// Upstream: staging/src/k8s.io/cri-api/pkg/apis/runtime/v1/api.proto (v0.35.0).

import { message, type Sent, type Told } from './protobuf.ts'

/** The enumerations, by number. */
export const protocols = { TCP: 0, UDP: 1, SCTP: 2 } as const
export const namespaceModes = { pod: 0, container: 1, node: 2 } as const
export const propagations = { None: 0, HostToContainer: 1, Bidirectional: 2 } as const
export const profileTypes = { RuntimeDefault: 0, Unconfined: 1, Localhost: 2 } as const
export const sandboxStates = { ready: 0, notReady: 1 } as const
export const containerStates = { created: 0, running: 1, exited: 2, unknown: 3 } as const
export const supplementalGroupsPolicies = { Merge: 0, Strict: 1 } as const

const int64 = message({ value: [1, 'int'] })
const keyValue = message({ key: [1, 'string'], value: [2, 'string'] })

const portMapping = message({
  protocol: [1, 'int'],
  containerPort: [2, 'int'],
  hostPort: [3, 'int'],
  hostIP: [4, 'string'],
})
const namespaceOption = message({ network: [1, 'int'], pid: [2, 'int'], ipc: [3, 'int'], targetId: [4, 'string'] })
const seLinuxOption = message({ user: [1, 'string'], role: [2, 'string'], type: [3, 'string'], level: [4, 'string'] })
const securityProfile = message({ profileType: [1, 'int'], localhostRef: [2, 'string'] })

const resources = message({
  cpuPeriod: [1, 'int'],
  cpuQuota: [2, 'int'],
  cpuShares: [3, 'int'],
  memoryLimitInBytes: [4, 'int'],
  oomScoreAdj: [5, 'int'],
})

const sandboxSecurity = message({
  namespaceOptions: [1, namespaceOption],
  seLinuxOptions: [2, seLinuxOption],
  runAsUser: [3, int64],
  readonlyRootfs: [4, 'bool'],
  supplementalGroups: [5, 'ints'],
  privileged: [6, 'bool'],
  runAsGroup: [8, int64],
  seccomp: [9, securityProfile],
  apparmor: [10, securityProfile],
  supplementalGroupsPolicy: [11, 'int'],
})
const linuxSandbox = message({
  cgroupParent: [1, 'string'],
  securityContext: [2, sandboxSecurity],
  sysctls: [3, 'map'],
})
const sandboxMetadata = message({
  name: [1, 'string'],
  uid: [2, 'string'],
  namespace: [3, 'string'],
  attempt: [4, 'int'],
})
export const sandboxConfig = message({
  metadata: [1, sandboxMetadata],
  hostname: [2, 'string'],
  logDirectory: [3, 'string'],
  portMappings: [5, [portMapping]],
  labels: [6, 'map'],
  annotations: [7, 'map'],
  linux: [8, linuxSandbox],
})

const imageSpec = message({ image: [1, 'string'], annotations: [2, 'map'], userSpecifiedImage: [18, 'string'] })
const mount = message({
  containerPath: [1, 'string'],
  hostPath: [2, 'string'],
  readonly: [3, 'bool'],
  seLinuxRelabel: [4, 'bool'],
  propagation: [5, 'int'],
})
const device = message({ containerPath: [1, 'string'], hostPath: [2, 'string'], permissions: [3, 'string'] })
const capability = message({ add: [1, 'strings'], drop: [2, 'strings'] })
const containerSecurity = message({
  capabilities: [1, capability],
  privileged: [2, 'bool'],
  namespaceOptions: [3, namespaceOption],
  seLinuxOptions: [4, seLinuxOption],
  runAsUser: [5, int64],
  runAsUsername: [6, 'string'],
  readonlyRootfs: [7, 'bool'],
  supplementalGroups: [8, 'ints'],
  noNewPrivs: [11, 'bool'],
  runAsGroup: [12, int64],
  maskedPaths: [13, 'strings'],
  readonlyPaths: [14, 'strings'],
  seccomp: [15, securityProfile],
  apparmor: [16, securityProfile],
  supplementalGroupsPolicy: [17, 'int'],
})
const linuxContainer = message({ resources: [1, resources], securityContext: [2, containerSecurity] })
const containerMetadata = message({ name: [1, 'string'], attempt: [2, 'int'] })
export const containerConfig = message({
  metadata: [1, containerMetadata],
  image: [2, imageSpec],
  command: [3, 'strings'],
  args: [4, 'strings'],
  workingDir: [5, 'string'],
  envs: [6, [keyValue]],
  mounts: [7, [mount]],
  devices: [8, [device]],
  labels: [9, 'map'],
  annotations: [10, 'map'],
  logPath: [11, 'string'],
  stdin: [12, 'bool'],
  stdinOnce: [13, 'bool'],
  tty: [14, 'bool'],
  linux: [15, linuxContainer],
})

const sandbox = message({
  id: [1, 'string'],
  metadata: [2, sandboxMetadata],
  state: [3, 'int'],
  createdAt: [4, 'int'],
  labels: [5, 'map'],
})
const networkStatus = message({ ip: [1, 'string'] })
const sandboxStatus = message({
  id: [1, 'string'],
  state: [3, 'int'],
  createdAt: [4, 'int'],
  network: [5, networkStatus],
})
const container = message({
  id: [1, 'string'],
  podSandboxId: [2, 'string'],
  metadata: [3, containerMetadata],
  imageRef: [5, 'string'],
  state: [6, 'int'],
  createdAt: [7, 'int'],
  labels: [8, 'map'],
})
const containerStatus = message({
  id: [1, 'string'],
  metadata: [2, containerMetadata],
  state: [3, 'int'],
  createdAt: [4, 'int'],
  startedAt: [5, 'int'],
  finishedAt: [6, 'int'],
  exitCode: [7, 'int'],
  imageRef: [9, 'string'],
  reason: [10, 'string'],
  message: [11, 'string'],
  labels: [12, 'map'],
  annotations: [13, 'map'],
  logPath: [15, 'string'],
})
const image = message({
  id: [1, 'string'],
  repoTags: [2, 'strings'],
  repoDigests: [3, 'strings'],
  size: [4, 'int'],
  uid: [5, int64],
  username: [6, 'string'],
})
const authConfig = message({
  username: [1, 'string'],
  password: [2, 'string'],
  auth: [3, 'string'],
  serverAddress: [4, 'string'],
  identityToken: [5, 'string'],
  registryToken: [6, 'string'],
})
const condition = message({ type: [1, 'string'], status: [2, 'bool'], reason: [3, 'string'], message: [4, 'string'] })

const nothing = message({})
const url = message({ url: [1, 'string'] })
const labelFilter = message({ labelSelector: [3, 'map'] })
const containerFilter = message({ id: [1, 'string'], podSandboxId: [3, 'string'], labelSelector: [4, 'map'] })

/** Each call: its service, what is sent, what is answered. */
export const calls = {
  version: [
    'RuntimeService/Version',
    message({ version: [1, 'string'] }),
    message({
      version: [1, 'string'],
      runtimeName: [2, 'string'],
      runtimeVersion: [3, 'string'],
      runtimeApiVersion: [4, 'string'],
    }),
  ],
  status: [
    'RuntimeService/Status',
    message({ verbose: [1, 'bool'] }),
    message({
      status: [1, message({ conditions: [1, [condition]] })],
    }),
  ],
  runPodSandbox: [
    'RuntimeService/RunPodSandbox',
    message({
      config: [1, sandboxConfig],
      runtimeHandler: [2, 'string'],
    }),
    message({ podSandboxId: [1, 'string'] }),
  ],
  stopPodSandbox: ['RuntimeService/StopPodSandbox', message({ podSandboxId: [1, 'string'] }), nothing],
  removePodSandbox: ['RuntimeService/RemovePodSandbox', message({ podSandboxId: [1, 'string'] }), nothing],
  podSandboxStatus: [
    'RuntimeService/PodSandboxStatus',
    message({ podSandboxId: [1, 'string'] }),
    message({
      status: [1, sandboxStatus],
    }),
  ],
  listPodSandbox: [
    'RuntimeService/ListPodSandbox',
    message({ filter: [1, labelFilter] }),
    message({
      items: [1, [sandbox]],
    }),
  ],
  createContainer: [
    'RuntimeService/CreateContainer',
    message({
      podSandboxId: [1, 'string'],
      config: [2, containerConfig],
      sandboxConfig: [3, sandboxConfig],
    }),
    message({ containerId: [1, 'string'] }),
  ],
  startContainer: ['RuntimeService/StartContainer', message({ containerId: [1, 'string'] }), nothing],
  stopContainer: [
    'RuntimeService/StopContainer',
    message({ containerId: [1, 'string'], timeout: [2, 'int'] }),
    nothing,
  ],
  removeContainer: ['RuntimeService/RemoveContainer', message({ containerId: [1, 'string'] }), nothing],
  listContainers: [
    'RuntimeService/ListContainers',
    message({ filter: [1, containerFilter] }),
    message({
      containers: [1, [container]],
    }),
  ],
  containerStatus: [
    'RuntimeService/ContainerStatus',
    message({ containerId: [1, 'string'] }),
    message({
      status: [1, containerStatus],
    }),
  ],
  reopenContainerLog: ['RuntimeService/ReopenContainerLog', message({ containerId: [1, 'string'] }), nothing],
  exec: [
    'RuntimeService/Exec',
    message({
      containerId: [1, 'string'],
      cmd: [2, 'strings'],
      tty: [3, 'bool'],
      stdin: [4, 'bool'],
      stdout: [5, 'bool'],
      stderr: [6, 'bool'],
    }),
    url,
  ],
  attach: [
    'RuntimeService/Attach',
    message({
      containerId: [1, 'string'],
      stdin: [2, 'bool'],
      tty: [3, 'bool'],
      stdout: [4, 'bool'],
      stderr: [5, 'bool'],
    }),
    url,
  ],
  portForward: ['RuntimeService/PortForward', message({ podSandboxId: [1, 'string'], port: [2, 'ints'] }), url],
  imageStatus: ['ImageService/ImageStatus', message({ image: [1, imageSpec] }), message({ image: [1, image] })],
  pullImage: [
    'ImageService/PullImage',
    message({
      image: [1, imageSpec],
      auth: [2, authConfig],
      sandboxConfig: [3, sandboxConfig],
    }),
    message({ imageRef: [1, 'string'] }),
  ],
} as const

export type SandboxConfig = Sent<typeof sandboxConfig>
export type ContainerConfig = Sent<typeof containerConfig>
export type ContainerSecurity = Sent<typeof containerSecurity>
export type SandboxSecurity = Sent<typeof sandboxSecurity>
export type Resources = Sent<typeof resources>
export type NamespaceOption = Sent<typeof namespaceOption>
export type SecurityProfile = Sent<typeof securityProfile>
export type AuthConfig = Sent<typeof authConfig>
export type SandboxTold = Told<typeof sandbox>
export type ContainerTold = Told<typeof container>
export type ContainerStatusTold = Told<typeof containerStatus>
export type ImageTold = Told<typeof image>
