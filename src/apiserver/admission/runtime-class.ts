// What a pod gets from the RuntimeClass it names: the overhead of the runtime and the nodes that have it. A class that
// does not exist is refused here, where whoever made the pod sees it. Upstream: plugin/pkg/admission/runtimeclass.

import { milliValue } from '../../api/quantity.ts'
import { pods, runtimeClasses } from '../../api/resources.ts'
import type { RuntimeClass } from '../../api/runtime-class.ts'
import { forbiddenError } from '../../api/status.ts'
import type { Pod, Toleration } from '../../api/types.ts'
import { jsonEqual } from '../../base/json.ts'
import { storedAs } from '../own-writes.ts'
import type { Parts } from '../parts.ts'

export function admitRuntimeClass(parts: Parts, pod: Pod): void {
  const { spec } = pod
  const name = spec?.runtimeClassName
  const refuse = (why: string) => forbiddenError(pods, pod.metadata.name ?? '', why)
  const found = name === undefined ? undefined : storedAs<RuntimeClass>(parts, runtimeClasses, name)
  if (name !== undefined && found === undefined) throw refuse(`pod rejected: RuntimeClass "${name}" not found`)
  const fixed = found?.overhead?.podFixed ?? {}
  const given = spec?.overhead as Record<string, string> | undefined
  if (Object.keys(fixed).length === 0) {
    if (given !== undefined)
      throw refuse('pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
  } else {
    if (given !== undefined && !sameAmounts(given, fixed))
      throw refuse("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
    spec.overhead = { ...fixed }
  }
  const { nodeSelector, tolerations } = found?.scheduling ?? {}
  for (const [key, value] of Object.entries(nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key]
    if (own === undefined || own === value) continue
    throw refuse(
      `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
    )
  }
  if (nodeSelector !== undefined) spec.nodeSelector = { ...spec.nodeSelector, ...nodeSelector }
  if (tolerations !== undefined) spec.tolerations = merged(spec.tolerations ?? [], tolerations)
}

function sameAmounts(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => b[name] !== undefined && milliValue(a[name]!) === milliValue(b[name]))
  )
}

/** What the pod tolerates already is not said twice. Upstream: pkg/util/tolerations, MergeTolerations. */
function merged(own: readonly Toleration[], more: readonly Toleration[]): Toleration[] {
  const added = more.filter((toleration) => !own.some((known) => jsonEqual(known, toleration)))
  return [...own, ...added]
}
