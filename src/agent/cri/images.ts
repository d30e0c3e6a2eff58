// Images of the machine: found by the name a pod gives them, pulled with the credentials its secrets hold.
// Upstream: pkg/kubelet/images/image_manager.go and pkg/kubelet/kuberuntime/kuberuntime_image.go.

import { secrets } from '../../api/resources.ts'
import { reasonOf } from '../../api/status.ts'
import type { ApiObject, Container, Pod } from '../../api/types.ts'
import type { Clock } from '../../base/clock.ts'
import type { Client } from '../../client/client.ts'
import { type PulledImage, RuntimeRefusal } from '../runtime.ts'
import { type CriClient, criLimits } from './client.ts'
import { rpcText } from './grpc.ts'
import { normalImage } from './image-names.ts'
import type { AuthConfig, ImageTold, SandboxConfig } from './messages.ts'
import { credentialsFor, type PullSecret } from './pull-secrets.ts'

export interface ImagesOptions {
  readonly cri: CriClient
  /** The node's own: it reads the secrets of its pods. */
  readonly client: Client
  readonly clock: Clock
}

export class Images {
  readonly #options: ImagesOptions
  /** Pulls under way: what several pods want is fetched once. With credentials nobody waits for somebody else's pull. */
  readonly #pulling = new Map<string, Promise<void>>()

  constructor(options: ImagesOptions) {
    this.#options = options
  }

  /** Undefined where it is not on the machine. */
  async find(name: string): Promise<ImageTold | undefined> {
    const image = normalImage(name)
    if (image === undefined) {
      const message = `Failed to apply default image tag "${name}": couldn't parse image name "${name}": invalid reference format`
      throw new RuntimeRefusal('InvalidImageName', message)
    }
    try {
      const answer = await this.#options.cri.call('imageStatus', { image: { image } }, criLimits.lookMs)
      return answer.image
    } catch (error) {
      throw new RuntimeRefusal('ImageInspectError', `Failed to inspect image "${name}": ${rpcText(error)}`)
    }
  }

  async pull(pod: Pod, container: Container, sandbox: SandboxConfig): Promise<PulledImage> {
    const { clock } = this.#options
    const name = container.image ?? ''
    await this.find(name)
    const credentials = credentialsFor(normalImage(name)!, await this.#secretsOf(pod))
    const startedMs = clock.monotonic()
    await this.#pull(normalImage(name)!, credentials, sandbox)
    const image = await this.find(name)
    if (image === undefined) throw new RuntimeRefusal('ErrImagePull', `image "${name}" is not there after its pull`)
    return { imageID: imageIDOf(image), tookMs: clock.monotonic() - startedMs, sizeBytes: image.size }
  }

  async #pull(image: string, credentials: readonly AuthConfig[], sandbox: SandboxConfig): Promise<void> {
    if (credentials.length > 0) return this.#tryEach(image, credentials, sandbox)
    let pull = this.#pulling.get(image)
    if (pull === undefined) {
      pull = this.#tryEach(image, [undefined], sandbox).finally(() => this.#pulling.delete(image))
      this.#pulling.set(image, pull)
    }
    return pull
  }

  /** Rotated credentials: the first that the registry takes. */
  async #tryEach(image: string, all: readonly (AuthConfig | undefined)[], sandboxConfig: SandboxConfig): Promise<void> {
    const problems: string[] = []
    for (const auth of all) {
      try {
        await this.#options.cri.call('pullImage', { image: { image }, auth, sandboxConfig }, criLimits.pullMs)
        return
      } catch (error) {
        problems.push(rpcText(error))
      }
    }
    const [reason, message] = pullProblem(image, problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`)
    throw new RuntimeRefusal(reason, message)
  }

  /** A secret that is not there is passed over: the registry may not ask for it. Upstream: getPullSecretsForPod. */
  async #secretsOf(pod: Pod): Promise<readonly PullSecret[]> {
    const { namespace } = pod.metadata
    const { imagePullSecrets = [] } = pod.spec as { imagePullSecrets?: readonly { name?: string }[] }
    const found: PullSecret[] = []
    for (const { name = '' } of imagePullSecrets) {
      try {
        found.push(await this.#options.client.get<ApiObject & PullSecret>(secrets, { namespace, name }))
      } catch (error) {
        if (reasonOf(error) !== 'NotFound') {
          throw new RuntimeRefusal('ErrImagePull', `secret ${namespace}/${name} cannot be read: ${String(error)}`)
        }
      }
    }
    return found
  }
}

/** As it stands in a container's status: what the image is, whatever it is called. */
export function imageIDOf({ id, repoDigests }: ImageTold): string {
  return repoDigests[0] ?? id
}

/** Upstream: image_manager.go, evalCRIPullErr, and cri-api/pkg/errors. */
function pullProblem(image: string, text: string): readonly [reason: string, message: string] {
  const known = [
    ['RegistryUnavailable', 'the registry is unavailable'],
    ['SignatureValidationFailed', 'the signature validation failed'],
  ] as const
  for (const [reason, why] of known) {
    const at = text.indexOf(`${reason}`)
    if (at >= 0) return [reason, `image pull failed for ${image} because ${why}${text.slice(at + reason.length)}`]
  }
  return ['ErrImagePull', text]
}
