// What real containers of one node are given: puts up volumes, looks up environments, finds what is to be mounted, and
// takes everything away in the end. Upstream: pkg/kubelet/volumemanager and kubelet_pods.go, GenerateRunContainerOptions.

import { chmod, mkdir, readdir } from 'node:fs/promises'
import type { Container, Pod } from '../../api/types.ts'
import type { Cancel } from '../../base/clock.ts'
import type { EnvEntry, Launch, PodAddresses, PodMaterials } from '../materials.ts'
import { RuntimeRefusal } from '../runtime.ts'
import { containerWithApiAccess, mayHaveApiAccess, withApiAccess } from './api-access.ts'
import { setUpEmptyDir } from './empty-dir.ts'
import { environmentOf } from './environment.ts'
import { expand } from './expansion.ts'
import { findHostPath } from './host-path.ts'
import { unmountBelow } from './mount-table.ts'
import { mountsOf, outerFirst } from './mounts.ts'
import { messageOf } from './objects.ts'
import type { MaterialsOptions } from './options.ts'
import { podDirectory, podsDirectory, volumeDirectory } from './pod-directory.ts'
import { podFileMounts } from './pod-files.ts'
import { removeTree } from './remove-tree.ts'
import { codeOf } from './safe-path.ts'
import { Turns } from './turns.ts'
import { podSecurityOf } from './volume-files.ts'
import { kindOf, type Volume, volumesOf } from './volume-sources.ts'
import { WrittenVolumes } from './written-volumes.ts'

export type { MaterialsOptions } from './options.ts'

export const materialsLimits = {
  /** Between two tries to set up a pod that was there before. */
  againMs: 10_000,
} as const

/** Volumes of pods that are there already are followed again once `setUp` has been asked for them. */
export function createMaterials(options: MaterialsOptions): PodMaterials {
  return new Materials(options)
}

class Materials implements PodMaterials {
  readonly #options: MaterialsOptions
  readonly #turns = new Turns()
  readonly #written: WrittenVolumes
  /** By pod: whether it gets a token without asking, as it was decided when it was set up. */
  readonly #access = new Map<string, boolean>()
  /** By pod: takes back another try to set it up. */
  readonly #again = new Map<string, Cancel>()
  #isClosed = false

  constructor(options: MaterialsOptions) {
    const isRoot = process.geteuid?.() === 0
    const { mayMount = isRoot, mayChangeOwners = isRoot } = options
    this.#options = { ...options, mayMount, mayChangeOwners }
    this.#written = new WrittenVolumes(this.#options, this.#turns)
  }

  setUp(pod: Pod): Promise<void> {
    this.#again.get(uidOf(pod))?.()
    return this.#turns.take(uidOf(pod), async () => {
      const { place } = this.#options
      // Tokens, secrets and whatever containers leave behind: not for other users of the machine.
      await mkdir(podsDirectory(place), { recursive: true, mode: 0o700 })
      const directory = podDirectory(place, uidOf(pod))
      const isNew = (await mkdir(directory, { recursive: true, mode: 0o700 })) !== undefined
      await chmod(directory, 0o700)
      try {
        const whole = await this.#withApiAccess(pod)
        for (const volume of volumesOf(whole)) await this.#setUpVolume(whole, volume)
        this.#written.follow(whole)
      } catch (error) {
        // It may run already, under an earlier agent: nobody will ask once more, and its tokens are to be renewed.
        if (!isNew) this.#setUpLater(pod)
        throw error
      }
    })
  }

  #setUpLater(pod: Pod): void {
    const { clock, log } = this.#options
    if (this.#isClosed) return
    const cancel = clock.after(materialsLimits.againMs, () => {
      const { namespace, name } = pod.metadata
      const failed = (error: unknown) =>
        log.warn('volumes not set up', { pod: `${namespace}/${name}`, error: messageOf(error) })
      void this.setUp(pod).catch(failed)
    })
    this.#again.set(uidOf(pod), cancel)
  }

  async launch(asked: Pod, askedContainer: Container, addresses: PodAddresses): Promise<Launch> {
    const pod = await this.#withApiAccess(asked)
    const container = pod === asked ? askedContainer : containerWithApiAccess(askedContainer)
    const { place, allocatable, mayMount = false } = this.#options
    const env = await environmentOf(pod, container, {
      objects: this.#written.objects,
      allocatable: allocatable(),
      addresses,
      inherited: this.#apiServerVariables(),
    })
    const values = new Map(env.map(({ name, value }) => [name, value]))
    const expanded = (texts: readonly string[] = []) => texts.map((text) => expand(text, (name) => values.get(name)))
    try {
      const mounts = await mountsOf({ place, pod, container, env, mayMount })
      const taken = new Set(mounts.map(({ target }) => target))
      const files = await podFileMounts(place, pod, container, addresses, taken)
      return {
        command: expanded(container.command),
        args: expanded(container.args),
        workingDir: container.workingDir === '' ? undefined : container.workingDir,
        env,
        mounts: outerFirst([...mounts, ...files]),
      }
    } catch (error) {
      throw new RuntimeRefusal('CreateContainerConfigError', messageOf(error))
    }
  }

  tearDown(pod: Pod): Promise<void> {
    return this.tearDownUid(uidOf(pod))
  }

  tearDownUid(podUid: string): Promise<void> {
    this.#forget(podUid)
    return this.#turns.take(podUid, async () => {
      // What a set-up before us has begun.
      this.#forget(podUid)
      const directory = podDirectory(this.#options.place, podUid)
      await unmountBelow(directory)
      await removeTree(directory)
    })
  }

  #forget(podUid: string): void {
    this.#written.forget(podUid)
    this.#access.delete(podUid)
    this.#again.get(podUid)?.()
    this.#again.delete(podUid)
  }

  async leftovers(): Promise<readonly string[]> {
    try {
      return await readdir(podsDirectory(this.#options.place))
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const cancel of this.#again.values()) cancel()
    this.#written.close()
    await this.#turns.quiet()
  }

  async #setUpVolume(pod: Pod, volume: Volume): Promise<void> {
    const { place } = this.#options
    const kind = kindOf(volume)
    try {
      switch (kind) {
        case 'hostPath':
          await (await findHostPath(place.root, volume.hostPath!.path, volume.hostPath!.type)).handle.close()
          return
        case 'emptyDir':
          await setUpEmptyDir(volumeDirectory(place, uidOf(pod), kind, volume.name), volume, pod, {
            ...this.#options,
            allocatable: this.#options.allocatable(),
            fsGroup: this.#options.mayChangeOwners ? podSecurityOf(pod).fsGroup : undefined,
          })
          return
        case 'configMap':
        case 'secret':
        case 'downwardAPI':
        case 'projected':
          await this.#written.write(pod, volume)
          return
        case undefined:
          throw new Error(`no such volumes on this node: ${sourceOf(volume)}`)
        default:
          kind satisfies never
      }
    } catch (error) {
      throw new RuntimeRefusal(
        'FailedMount',
        `MountVolume.SetUp failed for volume "${volume.name}" : ${messageOf(error)}`,
      )
    }
  }

  /** Where the pod is not told of the server, a token would be of no use. */
  async #withApiAccess(pod: Pod): Promise<Pod> {
    const { apiServer, client } = this.#options
    if (apiServer?.() === undefined) return pod
    try {
      const known = this.#access.get(uidOf(pod))
      const allowed = known ?? (await mayHaveApiAccess(client, pod))
      this.#access.set(uidOf(pod), allowed)
      return allowed ? withApiAccess(pod) : pod
    } catch (error) {
      throw new RuntimeRefusal('FailedMount', `service account of the pod: ${messageOf(error)}`)
    }
  }

  /** As the service `kubernetes` would be told, if somebody forwarded it. Upstream: getServiceEnvVarMap. */
  #apiServerVariables(): readonly EnvEntry[] {
    const address = this.#options.apiServer?.()
    if (address === undefined) return []
    return [
      { name: 'KUBERNETES_SERVICE_HOST', value: address.host },
      { name: 'KUBERNETES_SERVICE_PORT', value: String(address.port) },
      { name: 'KUBERNETES_SERVICE_PORT_HTTPS', value: String(address.port) },
    ]
  }
}

function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? ''
}

/** `nfs`, `persistentVolumeClaim`: the field that says what the volume would be. */
function sourceOf(volume: Volume): string {
  return Object.keys(volume).find((field) => field !== 'name') ?? 'nothing'
}
