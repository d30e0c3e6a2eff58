// What only the scheduler knows: whether there is room.
import { eventually } from '../stage.ts'
import { type Scenario, two, woken } from './words.ts'

const large = { containers: [{ name: 'c', image: 'logger:1', resources: { requests: { cpu: '100' } } }] }

export const rooms: readonly Scenario[] = [
  [
    'no room: the pods are made, and wait for the scheduler',
    two,
    [
      'a large one',
      (s) => s.create({}, { containers: [{ name: 'c', image: 'logger:1', resources: { requests: { cpu: '100' } } }] }),
    ],
    [
      'a small one',
      (s) =>
        s.patch({
          spec: { template: { spec: { containers: [{ name: 'c', resources: { requests: { cpu: '1' } } }] } } },
        }),
    ],
  ],

  [
    'DeleteUnscheduledPodForNotExistingNode: what waits for a node that is gone goes (R4.11)',
    two,
    ['a large one', (s) => s.create({}, large)],
    [
      'a node leaves',
      woken(async (s) => {
        await s.removeNode('n1')
        await eventually(async () => (await s.pods()).length === 1)
      }),
    ],
  ],
]
