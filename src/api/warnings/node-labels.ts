// Labels of nodes that have another name today, and values that no label can have.
// Upstream: pkg/api/node/util.go.

import type { JsonObject } from '../../base/json.ts'
import { labelValue } from '../names.ts'
import { objectsIn, textOf, textsIn } from '../validation/parts.ts'

const deprecated: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
  ['app.kubernetes.io/created-by', 'deprecated since v1.9'],
  ['scheduler.alpha.kubernetes.io/preferAvoidPods', 'deprecated since v1.22; use Taints and Tolerations instead'],
  ['node-role.kubernetes.io/master', 'use "node-role.kubernetes.io/control-plane" instead'],
])

export function nodeLabelWarning(key: string): string | undefined {
  return deprecated.get(key)
}

/** Values of a required term are validated; those of a preferred one are only warned about. */
export function nodeSelectorWarnings(field: string, term: JsonObject, look: 'keys' | 'keys and values'): string[] {
  return objectsIn(term.matchExpressions).flatMap(({ key, values }, i) => {
    const where = `${field}.matchExpressions[${i}]`
    const why = nodeLabelWarning(textOf(key))
    return [
      ...(why === undefined ? [] : [`${where}.key: ${key} is ${why}`]),
      ...(look === 'keys' ? [] : textsIn(values)).flatMap((value, j) =>
        labelValue(value).map((problem) => `${where}.values[${j}]: ${value} is invalid, ${problem}`),
      ),
    ]
  })
}
