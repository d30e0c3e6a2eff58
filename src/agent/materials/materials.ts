// What real containers of one node are given: puts up volumes, looks up environments, finds what is to be mounted, and
// takes everything away in the end. Upstream: pkg/kubelet/volumemanager and kubelet_pods.go, GenerateRunContainerOptions.

import { chmod, mkdir, readdir, rm } from 'node:fs/promises'
import type { Container, Pod } from '../../api/types.ts'
import type { Clock } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import type { Client } from '../../client/client.ts'
import type { EnvEntry, Launch, NodePlace, PodAddresses, PodMaterials } from '../materials.ts'
import { RuntimeRefusal } from '../runtime.ts'
import { setUpEmptyDir } from './empty-dir.ts'
import { environmentOf } from './environment.ts'
import { expand } from './expansion.ts'
import type { Allocatable } from './field-values.ts'
import { findHostPath } from './host-path.ts'
import { mountsBelow, unmount } from './mount-table.ts'
import { mountsOf } from './mounts.ts'
import { messageOf, objectsFrom } from './objects.ts'
import { podDirectory, podsDirectory, volumeDirectory } from './pod-directory.ts'
import { codeOf } from './safe-path.ts'
import { kindOf, type Volume, volumesOf } from './volume-sources.ts'

export interface MaterialsOptions {
  readonly place: NodePlace
  /** The node's own: it reads the config maps and secrets of its pods, and asks for their tokens. */
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** What the node has to give: what a container without a limit of its own is told. */
  readonly allocatable: () => Allocatable
  /** Where containers reach the API server; undefined: they are not told. */
  readonly apiServer?: (() => { readonly host: string; readonly port: number } | undefined) | undefined
}

export function createMaterials(options: MaterialsOptions): PodMaterials {
  return new Materials(options)
}

class Materials implements PodMaterials {
  readonly #options: MaterialsOptions
  /** By pod: what is done to its directory is done one after the other. */
  readonly #busy = new Map<string, Promise<void>>()

  constructor(options: MaterialsOptions) {
    this.#options = options
  }

  setUp(pod: Pod): Promise<void> {
    return this.#inTurn(uidOf(pod), async () => {
      const { place } = this.#options
      // Tokens, secrets and whatever containers leave behind: not for other users of the machine.
      await mkdir(podsDirectory(place), { recursive: true, mode: 0o700 })
      await mkdir(podDirectory(place, uidOf(pod)), { recursive: true, mode: 0o700 })
      await chmod(podDirectory(place, uidOf(pod)), 0o700)
      for (const volume of volumesOf(pod)) await this.#setUpVolume(pod, volume)
    })
  }

  async launch(pod: Pod, container: Container, addresses: PodAddresses): Promise<Launch> {
    const { place, client, allocatable } = this.#options
    const facts = {
      objects: objectsFrom(client),
      allocatable: allocatable(),
      addresses,
      inherited: this.#apiServerVariables(),
    }
    const env = await environmentOf(pod, container, facts)
    const values = new Map(env.map(({ name, value }) => [name, value]))
    const expanded = (texts: readonly string[] = []) => texts.map((text) => expand(text, (name) => values.get(name)))
    try {
      return {
        command: expanded(container.command),
        args: expanded(container.args),
        workingDir: container.workingDir === '' ? undefined : container.workingDir,
        env,
        mounts: await mountsOf(place, pod, container, env),
      }
    } catch (error) {
      throw new RuntimeRefusal('CreateContainerConfigError', messageOf(error))
    }
  }

  tearDown(pod: Pod): Promise<void> {
    return this.tearDownUid(uidOf(pod))
  }

  tearDownUid(podUid: string): Promise<void> {
    return this.#inTurn(podUid, async () => {
      const directory = podDirectory(this.#options.place, podUid)
      for (const mount of await mountsBelow(directory)) await unmount(mount)
      const left = await mountsBelow(directory)
      if (left.length > 0) throw new Error(`take away pod ${podUid}: still mounted: ${left.join(', ')}`)
      await rm(directory, { recursive: true, force: true })
    })
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
    await Promise.allSettled(this.#busy.values())
  }

  async #setUpVolume(pod: Pod, volume: Volume): Promise<void> {
    const { place, allocatable, log } = this.#options
    const kind = kindOf(volume)
    try {
      switch (kind) {
        case 'hostPath':
          await (await findHostPath(place.root, volume.hostPath!.path, volume.hostPath!.type)).handle.close()
          return
        case 'emptyDir':
          await setUpEmptyDir(volumeDirectory(place, uidOf(pod), kind, volume.name), volume, pod, {
            allocatable: allocatable(),
            mayMount: process.geteuid?.() === 0,
            log,
          })
          return
        default:
          throw new Error(`no such volumes on this node: ${sourceOf(volume)}`)
      }
    } catch (error) {
      throw new RuntimeRefusal(
        'FailedMount',
        `MountVolume.SetUp failed for volume "${volume.name}" : ${messageOf(error)}`,
      )
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

  #inTurn(podUid: string, act: () => Promise<void>): Promise<void> {
    const turn = (this.#busy.get(podUid) ?? Promise.resolve()).then(act)
    const settled = turn
      .catch(() => {})
      .then(() => {
        if (this.#busy.get(podUid) === settled) this.#busy.delete(podUid)
      })
    this.#busy.set(podUid, settled)
    return turn
  }
}

function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? ''
}

/** `nfs`, `persistentVolumeClaim`: the field that says what the volume would be. */
function sourceOf(volume: Volume): string {
  return Object.keys(volume).find((field) => field !== 'name') ?? 'nothing'
}
