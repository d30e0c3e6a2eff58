// Which nodes a node selector asks for (R3.7 to R3.9). A term with anything malformed in it matches no node; the other
// terms are still tried. Upstream: component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go.

import { int64, matchesRequirement } from './labels.ts'
import { labelValue, qualifiedName } from './names.ts'
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from './types.ts'

/** One term is enough; inside a term everything must hold. No terms, and a term that asks nothing: no node. */
export function matchesNodeSelector(
  selector: NodeSelector,
  labels: Readonly<Record<string, string>>,
  nodeName: string,
): boolean {
  return (selector.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, labels, nodeName))
}

function matchesTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  labels: Readonly<Record<string, string>>,
  nodeName: string,
): boolean {
  if (matchExpressions.length === 0 && matchFields.length === 0) return false
  return (
    matchExpressions.every((requirement) => isSound(requirement) && matchesRequirement(requirement, labels)) &&
    matchFields.every((requirement) => matchesField(requirement, nodeName))
  )
}

/** What upstream would refuse to parse. Sound ones are remembered: the same few are asked of every node. */
function isSound(requirement: NodeSelectorRequirement): boolean {
  let sound = soundness.get(requirement)
  if (sound === undefined) {
    sound = check(requirement)
    soundness.set(requirement, sound)
  }
  return sound
}

const soundness = new WeakMap<NodeSelectorRequirement, boolean>()

function check({ key = '', operator, values = [] }: NodeSelectorRequirement): boolean {
  if (qualifiedName(key).length > 0 || values.some((value) => labelValue(value).length > 0)) return false
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
    case 'Gt':
    case 'Lt':
      return values.length === 1 && int64(values[0]!) !== undefined
    default:
      return false
  }
}

/** `metadata.name` is the only field a node has here; any other counts as empty. */
function matchesField({ key, operator, values = [] }: NodeSelectorRequirement, nodeName: string): boolean {
  if (values.length !== 1) return false
  const isEqual = values[0] === (key === 'metadata.name' ? nodeName : '')
  return operator === 'In' ? isEqual : operator === 'NotIn' && !isEqual
}
