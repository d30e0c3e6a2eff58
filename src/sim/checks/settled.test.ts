import { expect, test } from 'vitest'
import type { DaemonSet, Pod, PodTemplateSpec } from '../../api/types.ts'
import { daemonTolerations } from '../../reconcile/daemonset/tolerations.ts'
import { isUpToDate } from './settled.ts'

const bare = { metadata: { labels: { app: 'logger' } }, spec: { containers: [{ name: 'c', image: 'logger:1' }] } }
const tolerant = { ...bare, spec: { ...bare.spec, tolerations: [{ key: 'broken', operator: 'Exists' }] } }
const choosy = { ...bare, spec: { ...bare.spec, nodeSelector: { disk: 'ssd' } } }
const bad = { ...bare, metadata: { ...bare.metadata, annotations: { 'simulated.everynode.dev/never-ready': 'true' } } }

test.each<[what: string, pod: PodTemplateSpec, template: PodTemplateSpec, isOne: boolean]>([
  ['a pod of the template', bare, bare, true],
  ['one of a template that tolerates more', tolerant, tolerant, true],
  ['an orphan that tolerates less than the template (seed 51121)', bare, tolerant, false],
  ['an orphan that tolerates more', tolerant, bare, false],
  ['one that chose other nodes', choosy, bare, false],
  ['one that behaves otherwise', bad, bare, false],
])('R5.5 what counts as updated: %s', (_, { metadata, spec }, template, isOne) => {
  const pod = { metadata, spec: { ...spec, tolerations: daemonTolerations(spec) } } as Pod
  expect(isUpToDate(pod, { metadata: {}, spec: { template } } as DaemonSet)).toBe(isOne)
})
