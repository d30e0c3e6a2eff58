// Faults in what comes of a decision: status, pods, events, what a person sees, and known faults (groups 7 to 11).

import type { Fault } from './fault.ts'

const decision = 'src/reconcile/daemonset'
const controller = 'src/controller/daemonset'

export const outcomeFaults: readonly Fault[] = [
  {
    group: '7 status',
    name: 'pods where none should run are not counted (7.1)',
    file: `${decision}/status.ts`,
    find: '{ ...noCounters, numberMisscheduled: 1 }',
    replace: 'noCounters',
    tests: [`${decision}/status.test.ts`],
  },
  {
    group: '7 status',
    name: 'conditions are lost (R7.5)',
    file: `${decision}/status.ts`,
    find: '{ ...present, ...wanted, observedGeneration }',
    replace: '{ ...wanted, observedGeneration }',
    tests: [`${decision}/status.test.ts`],
  },
  {
    group: '7 status',
    name: 'what is ready is available (7.1)',
    file: `${decision}/status.ts`,
    find: 'numberAvailable: (bits >> 1) & 1',
    replace: 'numberAvailable: bits & 1',
    tests: [`${decision}/status.test.ts`],
  },
  {
    group: '7 status',
    name: 'a new generation with the same numbers is not written (R7.1)',
    file: `${decision}/status.ts`,
    find: 'same && (present.observedGeneration ?? 0) >= observedGeneration',
    replace: 'same',
    tests: [`${decision}/status.test.ts`],
  },
  {
    group: '8 pods',
    name: 'the pin keeps the user’s terms beside it (R3.14)',
    file: `${decision}/pod-template.ts`,
    find: 'nodeSelectorTerms: [{ matchFields',
    replace:
      'nodeSelectorTerms: [...(affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []), { matchFields',
    tests: [`${decision}/pod-template.test.ts`],
  },
  {
    group: '8 pods',
    name: 'owners do not hold up a foreground deletion (R8.3)',
    file: `${decision}/pod-template.ts`,
    find: 'blockOwnerDeletion: true',
    replace: 'blockOwnerDeletion: false',
    tests: [`${decision}/pod-template.test.ts`],
  },
  {
    group: '8 pods',
    name: 'the template’s own labels win over ours (R8.4)',
    file: `${decision}/pod-template.ts`,
    find: "...(hash === '' ? {} : { [revisionHashLabel]: hash }),",
    replace: "...(hash === '' ? {} : { [revisionHashLabel]: hash }),\n    ...template.metadata?.labels,",
    tests: [`${decision}/pod-template.test.ts`],
  },
  {
    group: '9 events',
    name: 'what is made is not told (R9.1)',
    file: `${controller}/carry-out-pods.ts`,
    find: "recorder.event(daemonSet, 'Normal', 'SuccessfulCreate'",
    replace: "if (false) recorder.event(daemonSet, 'Normal', 'SuccessfulCreate'",
    tests: [`${controller}/rules.test.ts`],
  },
  {
    group: '9 events',
    name: 'what is deleted is not told (R9.3)',
    file: `${controller}/carry-out-pods.ts`,
    find: "recorder.event(daemonSet, 'Normal', 'SuccessfulDelete'",
    replace: "if (false) recorder.event(daemonSet, 'Normal', 'SuccessfulDelete'",
    tests: [`${controller}/rules.test.ts`],
  },
  {
    group: '9 events',
    name: 'a selector of everything is not told (R9.7)',
    file: `${decision}/reconcile.ts`,
    find: 'actions: [selectingAll]',
    replace: 'actions: []',
    tests: [`${decision}/manage.test.ts`],
  },
  {
    group: '10 what a person sees',
    name: 'an update is finished when all pods are new, whether they serve or not (R10.8)',
    file: 'src/cli/rollout/state.ts',
    find: 'numberAvailable < desired',
    replace: 'numberAvailable < 0',
    tests: ['src/cli/rollout/state.test.ts'],
  },
  {
    group: '10 what a person sees',
    name: 'an edit that nobody has looked at yet is finished (R10.8)',
    file: 'src/cli/rollout/state.ts',
    find: '(metadata.generation ?? 0) > (status?.observedGeneration ?? 0)',
    replace: 'false && status',
    tests: ['src/cli/rollout/state.test.ts'],
  },
  {
    group: '11 known faults',
    name: 'what got no answer is asked for again under another name (B8)',
    file: `${controller}/carry-out-pods.ts`,
    find: 'if (isUnanswered(error)) unansweredNames.add(node, name, clock.monotonic())',
    replace: '',
    tests: [`${controller}/pod-names.test.ts`],
  },
  {
    group: '11 known faults',
    name: 'a paused rollout goes on (B14)',
    file: `${decision}/rolling-update.ts`,
    find: 'if (daemonSet.paused) return []',
    replace: '',
    tests: [`${decision}/rolling-update.test.ts`],
  },
]
