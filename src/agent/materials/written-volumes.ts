// Volumes whose files the agent writes, and writes again when what they show has changed: a config map, a secret, the
// pod's labels, a token that is near its end. Upstream: pkg/kubelet/volumemanager/reconciler.

import { mkdir } from 'node:fs/promises'
import { pods } from '../../api/resources.ts'
import type { Pod } from '../../api/types.ts'
import type { Cancel } from '../../base/clock.ts'
import { createInformer } from '../../client/informer.ts'
import { writeAtomically } from './atomic-writer.ts'
import { FollowedObjects, messageOf, type Objects } from './objects.ts'
import type { MaterialsOptions } from './options.ts'
import { volumeDirectory } from './pod-directory.ts'
import { ServiceAccountTokens } from './service-account-tokens.ts'
import type { Turns } from './turns.ts'
import { filesOf, podSecurityOf, referencesOf, showsMetadata } from './volume-files.ts'
import { isWritten, kindOf, type Volume, volumesOf } from './volume-sources.ts'

interface FollowedPod {
  /** As last heard of, where its labels or annotations are shown. */
  pod: Pod
  readonly volumes: readonly Volume[]
  readonly stops: (() => void)[]
  cancelTimer: Cancel
  isRefreshing: boolean
}

/** Between two tries to bring files up to date. */
const retryMs = 10_000

export class WrittenVolumes {
  readonly #options: MaterialsOptions
  readonly #turns: Turns
  readonly #objects: FollowedObjects
  readonly #tokens: ServiceAccountTokens
  readonly #followed = new Map<string, FollowedPod>()
  #isClosed = false

  constructor(options: MaterialsOptions, turns: Turns) {
    this.#options = options
    this.#turns = turns
    this.#objects = new FollowedObjects(options)
    this.#tokens = new ServiceAccountTokens(options)
  }

  get objects(): Objects {
    return this.#objects
  }

  async write(pod: Pod, volume: Volume): Promise<void> {
    const { place, allocatable, clock, mayChangeOwners } = this.#options
    const { uid = '' } = pod.metadata
    const directory = volumeDirectory(place, uid, kindOf(volume) as 'configMap', volume.name)
    const found = await filesOf(pod, volume, {
      objects: this.#objects,
      token: (owner, source) => this.#tokens.token(owner, source),
      allocatable: allocatable(),
    })
    const files = mayChangeOwners
      ? found
      : new Map([...found].map(([path, file]) => [path, { ...file, uid: undefined }] as const))
    await mkdir(directory, { recursive: true })
    const fsGroup = mayChangeOwners ? podSecurityOf(pod).fsGroup : undefined
    await writeAtomically(directory, files, { nowMs: clock.now(), fsGroup })
  }

  /** From now on its files follow what they show; again harmless. */
  follow(pod: Pod): void {
    const { uid = '', namespace = '' } = pod.metadata
    const volumes = volumesOf(pod).filter(isWritten)
    if (volumes.length === 0 || this.#isClosed) return
    const known = this.#followed.get(uid)
    if (known !== undefined) {
      known.pod = pod
      this.#setTimer(uid, known)
      return
    }
    const followed: FollowedPod = { pod, volumes, stops: [], cancelTimer: () => {}, isRefreshing: false }
    this.#followed.set(uid, followed)
    const changed = () => this.#refreshSoon(uid)
    for (const { kind, name } of volumes.flatMap(referencesOf)) {
      followed.stops.push(this.#objects.follow(kind, namespace, name, changed))
    }
    if (volumes.some(showsMetadata)) followed.stops.push(this.#followPod(followed, changed))
    this.#setTimer(uid, followed)
  }

  forget(podUid: string): void {
    const followed = this.#followed.get(podUid)
    if (followed !== undefined) {
      followed.cancelTimer()
      for (const stop of followed.stops) stop()
      this.#followed.delete(podUid)
    }
    this.#tokens.forget(podUid)
  }

  close(): void {
    this.#isClosed = true
    for (const podUid of [...this.#followed.keys()]) this.forget(podUid)
    this.#objects.close()
  }

  /** A node may watch its own pods only, so it says that this is one of them. */
  #followPod(followed: FollowedPod, changed: () => void): () => void {
    const { name, namespace, uid } = followed.pod.metadata
    const informer = createInformer<Pod>({
      ...this.#options,
      resource: pods,
      namespace,
      fieldSelector: `metadata.name=${name},spec.nodeName=${followed.pod.spec.nodeName ?? ''}`,
    })
    informer.onChange(({ type, object }) => {
      if (type === 'deleted' || object.metadata.uid !== uid) return
      followed.pod = object
      changed()
    })
    return informer.start()
  }

  #refreshSoon(podUid: string): void {
    const followed = this.#followed.get(podUid)
    if (followed === undefined || followed.isRefreshing) return
    followed.isRefreshing = true
    void this.#turns.take(podUid, () => this.#refresh(podUid, followed))
  }

  async #refresh(podUid: string, followed: FollowedPod): Promise<void> {
    // What changes from here on is seen only by another round.
    followed.isRefreshing = false
    if (this.#followed.get(podUid) !== followed) return
    const { pod, volumes } = followed
    let failures = 0
    for (const volume of volumes) {
      try {
        await this.write(pod, volume)
      } catch (error) {
        failures++
        const { namespace, name } = pod.metadata
        const fields = { pod: `${namespace}/${name}`, volume: volume.name, error: messageOf(error) }
        this.#options.log.warn('volume not brought up to date', fields)
      }
    }
    if (this.#followed.get(podUid) === followed) this.#setTimer(podUid, followed, failures > 0 ? retryMs : undefined)
  }

  /** For the next renewal of a token, or to try again. */
  #setTimer(podUid: string, followed: FollowedPod, afterMs = Number.POSITIVE_INFINITY): void {
    const { clock } = this.#options
    followed.cancelTimer()
    const renewAtMs = this.#tokens.renewAtMs(podUid) ?? Number.POSITIVE_INFINITY
    const ms = Math.min(afterMs, Math.max(0, renewAtMs - clock.now()))
    followed.cancelTimer = Number.isFinite(ms) ? clock.after(ms, () => this.#refreshSoon(podUid)) : () => {}
  }
}
