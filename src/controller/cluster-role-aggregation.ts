// Keeps ClusterRoles that gather the rules of others up to date: `admin`, `edit` and `view` grow with every role that is
// labelled for them. Upstream: pkg/controller/clusterroleaggregation.

import { aggregatedRules } from '../api/cluster-role-aggregation.ts'
import type { ClusterRole } from '../api/rbac.ts'
import { clusterRoles } from '../api/resources.ts'
import { jsonEqual } from '../base/json.ts'
import type { Running } from '../base/running.ts'
import { type ControllerOptions, startController } from './controller.ts'

const workers = 1
/** Whichever role has changed, all that gather are looked at: they are few, and any role may be labelled for them. */
const everyRole = 'every role'

export function startClusterRoleAggregation(options: ControllerOptions): Running {
  const { client } = options
  return startController('cluster-role-aggregation', options, ({ queue, log, follow }) => {
    const known = follow<ClusterRole>(clusterRoles, () => queue.add(everyRole))

    async function work(): Promise<void> {
      const all = known.list()
      for (const role of all) {
        const rules = aggregatedRules(role, all)
        if (rules === undefined || jsonEqual(rules, role.rules ?? [])) continue
        log.info('update', { clusterRole: role.metadata.name, rules: rules.length })
        await client.update<ClusterRole>(clusterRoles, { ...role, rules })
      }
    }

    return { workers, work }
  })
}
