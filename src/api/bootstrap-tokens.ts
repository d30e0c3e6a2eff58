// Secrets that hold a token by which a machine asks for its first certificate.
// Upstream: staging/src/k8s.io/cluster-bootstrap/token/api.

export const bootstrapTokenType = 'bootstrap.kubernetes.io/token'
export const bootstrapTokenNamespace = 'kube-system'
