// Manifests tried before a cluster is started for them: on an API server that lives in memory only and is thrown away, so
// that a misspelt field leaves no cluster behind, and what is said is what the cluster itself would say.
import { reasonOf } from '../../api/status.ts'
import { createApiserver } from '../../apiserver/apiserver.ts'
import { createAuthorizer } from '../../apiserver/identity/authorize.ts'
import { silentLog } from '../../base/log.ts'
import { userAgentOf } from '../../base/version.ts'
import { createClient } from '../../client/client.ts'
import { administrator } from '../../cluster.ts'
import { createMemoryStore } from '../../store/memory.ts'
import { applyManifests } from '../apply/apply.ts'
import { systemClock, systemRandom } from '../host/system.ts'
import { ManifestRefused } from '../manifests/apply.ts'
import type { Manifest } from '../manifests/parse.ts'

/** Rejects with the refusal of the first manifest that a new cluster would not take. */
export async function rehearse(manifests: readonly Manifest[]): Promise<void> {
  const apiserver = createApiserver({
    store: createMemoryStore(),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    authorizer: createAuthorizer(),
  })
  try {
    await apiserver.ready
    const client = createClient({ send: apiserver.handle, user: administrator, userAgent: userAgentOf('everynode') })
    for (const manifest of manifests) await applyManifests(client, [manifest]).catch(judge)
  } finally {
    apiserver.close()
  }
}

/** What is wrong with the manifest itself. The rest may be for want of controllers: a pod needs a service account. */
const judged = new Set(['BadRequest', 'Invalid', 'NotFound'])

function judge(error: unknown): void {
  if (!(error instanceof ManifestRefused) || judged.has(reasonOf(error.refusal) ?? '')) throw error
}
