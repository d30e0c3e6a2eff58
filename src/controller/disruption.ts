// Keeps the status of disruption budgets, so that `kubectl get pdb` tells how many pods may go. Evictions do not need
// it: they count for themselves. Upstream: pkg/controller/disruption.

import { isGuarded, type PodDisruptionBudget } from '../api/disruption.ts'
import { podDisruptionBudgets, pods } from '../api/resources.ts'
import { reasonOf } from '../api/status.ts'
import type { Pod } from '../api/types.ts'
import type { Running } from '../base/running.ts'
import { keyOf } from '../client/cache.ts'
import { budgetStatus } from '../reconcile/disruption.ts'
import { type ControllerOptions, startController } from './controller.ts'

const workers = 1
const againMs = 1000

export function startDisruptionController(options: ControllerOptions): Running {
  const { client, clock } = options
  return startController('disruption', options, ({ queue, log, follow }) => {
    const budgets = follow<PodDisruptionBudget>(podDisruptionBudgets, ({ type, object }) => {
      if (type !== 'deleted') queue.add(keyOf(object))
    })
    const knownPods = follow<Pod>(pods, (change) => {
      // A pod that left a budget by a change of its labels is one less for it.
      const seen = change.previous === undefined ? [change.object] : [change.object, change.previous]
      for (const budget of budgets.list()) {
        if (budget.metadata.namespace !== change.object.metadata.namespace) continue
        if (seen.some((pod) => isGuarded(budget, pod))) queue.add(keyOf(budget))
      }
    })

    async function work(key: string): Promise<void> {
      const budget = budgets.get(key)
      if (budget === undefined) return
      const { namespace } = budget.metadata
      const inNamespace = knownPods.list().filter(({ metadata }) => metadata.namespace === namespace)
      const status = budgetStatus(budget, inNamespace, clock.now())
      if (status === undefined) return
      log.info('update', { budget: key, allowed: status.disruptionsAllowed })
      try {
        await client.update(podDisruptionBudgets, { ...budget, status }, { subresource: 'status' })
      } catch (error) {
        if (reasonOf(error) === 'NotFound') return
        if (reasonOf(error) !== 'Conflict') throw error
        queue.addAfter(key, againMs)
      }
    }

    return { workers, work }
  })
}
