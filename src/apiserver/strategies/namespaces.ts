// Namespaces: held by `spec.finalizers` until their content is gone (W11.11, W11.12).
// Upstream: pkg/registry/core/namespace/strategy.go.

import type { ApiObject, Namespace } from '../../api/types.ts'
import type { Strategy } from './strategy.ts'

const kubernetesFinalizer = 'kubernetes'
const nameLabel = 'kubernetes.io/metadata.name'

export const namespaceStrategy: Strategy = {
  returnsDeleted: true,

  prepareCreate(object) {
    const namespace = object as Namespace
    const finalizers = namespace.spec?.finalizers ?? []
    namespace.spec = {
      ...namespace.spec,
      finalizers: finalizers.includes(kubernetesFinalizer) ? finalizers : [...finalizers, kubernetesFinalizer],
    }
    namespace.status = { phase: 'Active' }
    labelWithName(namespace)
  },

  prepareUpdate(object, old) {
    const [namespace, before] = [object as Namespace, old as Namespace]
    // Only /finalize changes them.
    if (before.spec === undefined) delete namespace.spec
    else namespace.spec = { ...namespace.spec, ...before.spec }
    labelWithName(namespace)
  },

  mayGo: (object) => ((object as Namespace).spec?.finalizers ?? []).length === 0,
}

/** A namespace can be selected by its name, whatever a client sends. Upstream: defaults.go, SetDefaults_Namespace. */
function labelWithName({ metadata }: ApiObject): void {
  if (metadata.name !== undefined) metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name }
}
