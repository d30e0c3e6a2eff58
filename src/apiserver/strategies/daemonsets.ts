// DaemonSets: counters start at zero, and the template's generation counts template changes (W12.2).
// Upstream: pkg/registry/apps/daemonset/strategy.go.

import { semanticEqual } from '../../api/semantic-equality.ts'
import { setTemplateGeneration, templateGenerationOf } from '../../api/template-generation.ts'
import type { DaemonSet } from '../../api/types.ts'
import { warningsForPodTemplate } from '../../api/warnings/pod-template.ts'
import type { Strategy } from './strategy.ts'

export const daemonSetStrategy: Strategy = {
  prepareCreate(object) {
    const daemonSet = object as DaemonSet
    daemonSet.status = {
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: 0,
      numberReady: 0,
    }
    const generation = templateGenerationOf(daemonSet)
    setTemplateGeneration(daemonSet, generation < 1n ? 1n : generation)
  },

  prepareUpdate(object, old) {
    const [daemonSet, before] = [object as DaemonSet, old as DaemonSet]
    const changed = !semanticEqual(daemonSet.spec.template, before.spec.template)
    setTemplateGeneration(daemonSet, templateGenerationOf(before) + (changed ? 1n : 0n))
  },

  /** Told when a template is new: its generation says so. */
  warnings(object, old) {
    if (old !== undefined && templateGenerationOf(object) === templateGenerationOf(old)) return []
    return warningsForPodTemplate('spec.template', (object as DaemonSet).spec.template)
  },

  prepareStatus(object, old) {
    setTemplateGeneration(object, templateGenerationOf(old))
  },
}
