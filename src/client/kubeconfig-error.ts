// What is wrong with a kubeconfig, or with what it refers to; the message says what is missing.
export class KubeconfigError extends Error {
  override name = 'KubeconfigError'
}
