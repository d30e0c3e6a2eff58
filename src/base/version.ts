// Which everynode this is, and which Kubernetes it speaks.
export const version = '0.1.0'

/** What a client calls itself: `everynode-kubelet/0.1.0`. */
export function userAgentOf(name: string): string {
  return `${name}/${version}`
}

/** What the API server and the agents say they are: the Kubernetes whose behaviour they follow. */
export const kubernetesVersion = `v1.35.0+everynode.${version}`
