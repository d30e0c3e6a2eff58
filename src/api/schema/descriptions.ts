// What the types and fields are for, mostly in upstream's words (see NOTICE). Apart from the schema, because only the
// OpenAPI documents need it, and it is six times as large.

import { generatedDescriptions } from './descriptions.generated.ts'
import { objectSchema } from './schema.ts'

export function describeType(typeName: string): string {
  return generatedDescriptions[typeName]?.[0] ?? ''
}

/** The source has no word about fields that hold another type: then ours, or how that type's own description begins. */
export function describeField(typeName: string, field: string): string {
  const upstream = generatedDescriptions[typeName]?.[1][field]
  if (upstream !== undefined && upstream !== '') return upstream
  const own = fieldDescriptions[`${typeName}.${field}`] ?? fieldDescriptions[field]
  if (own !== undefined) return own
  const type = objectSchema(typeName).fields.get(field)?.type
  return type?.kind === 'object' ? firstSentence(describeType(type.type)) : ''
}

function firstSentence(text: string): string {
  return /^.*?\.(?=\s|$)/s.exec(text)?.[0] ?? text
}

/** By `Type.field`, or by `field` for every type that has one. */
const fieldDescriptions: Readonly<Record<string, string>> = {
  metadata: 'Standard metadata of an object: its name, labels, annotations, owners.',
  spec: 'What is wanted.',
  status: 'What was last observed. Written by the system.',
  'Container.lifecycle': 'What to run right after the container has started, and before it is stopped.',
  'Container.livenessProbe': 'Tells whether the container still works; when it fails, the container is restarted.',
  'Container.readinessProbe': 'Tells whether the container can do its work now; until it can, its pod is not ready.',
  'Container.resources': 'How much of the node the container needs, and how much it may take at most.',
  'Container.startupProbe': 'Tells whether the container has started; the other probes wait for it.',
  'DaemonSetSpec.selector': 'Which pods belong to the DaemonSet. Has to match the labels of the template. Immutable.',
  'DaemonSetSpec.template': 'The pod that is made on each node. Any change starts a rollout.',
  'DaemonSetSpec.updateStrategy': 'How existing pods are replaced when the template has changed.',
  'DaemonSetSpecV1beta1.selector':
    'Which pods belong to the DaemonSet. When absent: those with the labels of the template.',
  'DaemonSetSpecV1beta1.template': 'The pod that is made on each node.',
  'DaemonSetSpecV1beta1.updateStrategy':
    'How existing pods are replaced when the template has changed: OnDelete by default.',
  'DaemonSetUpdateStrategy.rollingUpdate': 'How many pods may be missing or additional during a rolling update.',
  'EnvVar.valueFrom': 'Where the value comes from; not together with value.',
  'PodSpec.affinity': 'On which nodes the pod may or should run, beyond the node selector.',
  'PodSpec.securityContext': 'Users, groups and security options for all containers of the pod.',
}
